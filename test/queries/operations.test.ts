import { expect, test } from 'vitest';
import type { HealthReport } from '../../src/queries/context.ts';
import { startApi } from './support/api.ts';

test('/healthz says that the process lives', async () => {
  const answer = await startApi().call({ url: '/healthz' });
  expect(answer.statusCode).toBe(200);
  expect(answer.json()).toEqual({ status: 'ok' });
});

test('/readyz says what is not well, as it is at that moment', async () => {
  let report: HealthReport = { ready: true, checks: { log: { ok: true } } };
  const { call } = startApi({ health: () => report });
  const well = await call({ url: '/readyz' });
  expect(well.statusCode).toBe(200);
  expect(well.json()).toEqual(report);
  report = { ready: false, checks: { log: { ok: true }, projection: { ok: false, detail: 'stopped' } } };
  const notWell = await call({ url: '/readyz' });
  expect(notWell.statusCode).toBe(503);
  expect(notWell.json()).toEqual(report);
});

test('/metrics is text for Prometheus', async () => {
  const answer = await startApi().call({ url: '/metrics' });
  expect(answer.headers['content-type']).toContain('text/plain; version=0.0.4');
  expect(answer.body).toContain('# TYPE weiliao_commands_total counter');
});

test('/ leads to the documentation where no page is served', async () => {
  const answer = await startApi({ serve: 'operations' }).call({ url: '/' });
  expect(answer.statusCode).toBe(302);
  expect(answer.headers.location).toBe('docs');
});

test('/asyncapi.json is the document of the sockets', async () => {
  const answer = await startApi().call({ url: '/asyncapi.json' });
  expect(answer.headers['content-type']).toContain('application/json');
  expect(answer.json()).toMatchObject({ asyncapi: expect.stringMatching(/^3\./) as string, channels: { v1: {} } });
});

test('/docs needs nothing from anywhere else', async () => {
  const { call } = startApi();
  const page = await call({ url: '/docs' });
  expect(page.statusCode).toBe(200);
  expect(page.headers['content-security-policy']).toContain("default-src 'self'");
  const assets = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, url]) => url!);
  expect(assets.length).toBeGreaterThan(3);
  for (const url of assets) {
    expect(url).toMatch(/^\.\/docs\//);
    expect((await call({ url: new URL(url, 'http://localhost/docs').pathname })).statusCode, url).toBe(200);
  }
  expect(page.body.replaceAll(/<script src="[^"]+"[^>]*>\s*<\/script>/g, '')).not.toContain('<script');
  const initializer = await call({ url: '/docs/static/swagger-initializer.js' });
  expect(initializer.body).not.toMatch(/["'`]https?:\/\//);
  expect(initializer.body).toContain('"validatorUrl":null');
  expect((await call({ url: '/docs/json' })).json()).toEqual((await call({ url: '/openapi.json' })).json());
});
