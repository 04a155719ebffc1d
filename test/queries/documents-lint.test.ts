import { Parser } from '@asyncapi/parser';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import spectralCore from '@stoplight/spectral-core';
import rulesets from '@stoplight/spectral-rulesets';
import { describe, expect, test } from 'vitest';
import type { Auth } from '../../src/shared/config.ts';
import { defaults, tokenRules } from '../support/settings.ts';
import { secret, startApi } from './support/api.ts';

const redocly = await createConfig({ extends: ['recommended-strict'] });

/** What Redocly has to say, warnings too. */
async function byRedocly(source: string): Promise<string[]> {
  const found = await lintFromString({ source, absoluteRef: 'document.json', config: redocly });
  return found.map(({ ruleId, message, location: [at] }) => `${ruleId} ${at?.pointer ?? ''}: ${message}`);
}

function spectralWith(ruleset: object) {
  const spectral = new spectralCore.Spectral();
  spectral.setRuleset(ruleset as Parameters<typeof spectral.setRuleset>[0]);
  return async (text: string): Promise<string[]> => {
    const found = await spectral.run(text);
    return found.map(({ code, message, path }) => `${code} ${path.join('/')}: ${message}`);
  };
}

const bySpectral = {
  openApi: spectralWith({ extends: [rulesets.oas] }),
  // The project has no mailbox to name.
  asyncApi: spectralWith({ extends: [rulesets.asyncapi], rules: { 'asyncapi-info-contact-properties': 'off' } }),
};
const parser = new Parser();

const modes: Record<Auth['mode'], Auth> = {
  none: { mode: 'none' },
  jwt: tokenRules({ secret }),
  proxy: { mode: 'proxy', userHeader: 'x-user' },
};

describe.each(Object.values(modes))('in auth mode $mode the linters find nothing in', (auth) => {
  const config = { ...defaults, basePath: auth.mode === 'none' ? '' : '/chat' };
  const documentAt = async (url: string): Promise<string> => {
    const headers = { host: '127.0.0.1:9092' };
    return (await startApi({ auth, config }).call({ url, headers })).body;
  };

  test('the OpenAPI document', async () => {
    const text = await documentAt('/openapi.json');
    expect(await byRedocly(text)).toEqual([]);
    expect(await bySpectral.openApi(text)).toEqual([]);
  });

  test('the AsyncAPI document', async () => {
    const text = await documentAt('/asyncapi.json');
    expect(await byRedocly(text)).toEqual([]);
    expect(await bySpectral.asyncApi(text)).toEqual([]);
    const { document, diagnostics } = await parser.parse(text);
    expect(diagnostics).toEqual([]);
    expect(document?.allOperations().length).toBeGreaterThan(5);
  });
});

test('a linter that finds something says so', async () => {
  const text = JSON.stringify({ openapi: '3.1.0', info: { title: 'none' }, paths: { '/a': { get: {} } } });
  expect((await byRedocly(text)).length).toBeGreaterThan(0);
  expect((await bySpectral.openApi(text)).length).toBeGreaterThan(0);
  expect((await bySpectral.asyncApi('{"asyncapi":"3.0.0"}')).length).toBeGreaterThan(0);
  expect((await parser.parse('{"asyncapi":"3.0.0"}')).diagnostics.length).toBeGreaterThan(0);
});
