import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findIdleSettings, readConnectionString } from '../../src/event-store/eventstoredb/connection-string.ts';
import { clientOf, describeUrl } from '../../src/read-model/mongodb/client.ts';
import { readConfig } from '../../src/shared/config.ts';
import { OperatorError } from '../../src/shared/errors.ts';
import { runProgram } from '../support/program.ts';
import { spawnServer } from '../support/server.ts';
import { until } from '../support/until.ts';

/** Parts of passwords. None of them may ever be read anywhere. */
const parts = ['Zsecret1', 'Zhidden2', 'Zprivate3', '77712399'] as const;

const between = fc.constantFrom(
  ...['/', '?', '@', '#', '%', '%4', '%ZZ', ':', ',', '&', '=', '\\', '[', ']', ' ', '"', '//', '@@', '\n', ';'],
  ...['?tls=false&x=', '=x&tls=', ':99999', ':99999@', ':0@', '@127.0.0.1:1?', '%40', '%2F', '%3A'],
);

/** Passwords as people paste them: with all that must be escaped, and is not. */
const password = fc
  .tuple(fc.shuffledSubarray([...parts], { minLength: 2 }), fc.array(between, { minLength: 3, maxLength: 3 }))
  .map(([chosen, signs]) => chosen.map((part, place) => (place === 0 ? part : `${signs[place - 1]}${part}`)).join(''));

const user = fc.constantFrom('u:', ':', 'u::', 'u%40v:');

function of(schemes: readonly string[], rests: readonly string[]) {
  return fc
    .tuple(fc.constantFrom(...schemes), user, password, fc.constantFrom(...rests))
    .map(([scheme, name, word, rest]) => `${scheme}://${name}${word}@${rest}`);
}

const esdb = of(
  ['esdb', 'esdb+discover'],
  ['h.example:2113', 'h.example?tls=false&foo=1', 'a,b:99999?tlsCAFile=/none', 'h.example?tls=maybe', 'h:bad'],
);
const mongodb = of(
  ['mongodb', 'mongodb+srv'],
  ['h.example:27017/db', 'h.example/db?replicaSet=a', 'a,b:99999/db', '/db', 'h.example', 'h.example/?tls=maybe'],
);

/** What an error would put into a line of the log: its reasons and stacks too. */
function textOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  return `${error.message}\n${error.stack ?? ''}\n${textOf(error.cause)}`;
}

function expectNoPart(text: string): void {
  expect(parts.filter((part) => text.includes(part))).toEqual([]);
}

/** What `read` gives, or what its error tells. It fails in no other way than told. */
function told(read: () => unknown): string {
  try {
    return JSON.stringify(read());
  } catch (error) {
    expect(error).toBeInstanceOf(OperatorError);
    return textOf(error);
  }
}

describe('no part of a password is told', () => {
  test('of EVENTSTORE_URL: by its faults, its hosts and its idle settings', () => {
    fc.assert(
      fc.property(esdb, (url) => {
        expectNoPart(told(() => readConnectionString(url).nodes.map(({ host }) => host)));
        expectNoPart(told(() => findIdleSettings(url)));
      }),
      {
        examples: [
          ['esdb://:77712399/Zprivate3@a,b:99999?tlsCAFile=/none'],
          ['esdb://:77712399?Zsecret1;Zprivate3@h.example?tls=false&foo=1'],
        ],
      },
    );
  });

  test('of MONGODB_URL: by its faults, its hosts and its database', () => {
    fc.assert(
      fc.property(mongodb, (url) => {
        expectNoPart(describeUrl(url));
        const read = (): unknown => {
          const { client, database } = clientOf(url);
          return [database, client.options.hosts.map(String), client.options.srvHost];
        };
        expectNoPart(told(read));
      }),
    );
  });

  test('by the fault of a setting', () => {
    fc.assert(
      fc.property(password, (word) => {
        const faults = told(() =>
          readConfig({
            EVENTSTORE_URL: `ESDB://u:${word}@h`,
            MONGODB_URL: `http://u:${word}@h`,
            JWKS_URL: `ftp://u:${word}@h`,
            JWT_PUBLIC_KEY: word,
            JWT_SECRET: word,
          }),
        );
        expect(faults).toContain('EVENTSTORE_URL: ');
        expectNoPart(faults);
      }),
    );
  });
});

const word = parts.join('/?#');
const escaped = encodeURIComponent(parts.join('/?@#%:'));
const nowhere = '127.0.0.1:1';

describe('a program that does not start tells no part of a password', () => {
  test.each([
    ['an @ in it, for the log', { EVENTSTORE_URL: `esdb://u:${word}@x@${nowhere}` }],
    ['a colon in it, for the log', { EVENTSTORE_URL: `esdb://u:${word}:x@${nowhere}` }],
    ['the rest of them, for the log', { EVENTSTORE_URL: `esdb://u:${word}@${nowhere}?tlsCAFile=/none` }],
    ['an @ in it, for the read model', { MONGODB_URL: `mongodb://u:${word}@x@${nowhere}/db` }],
    ['the rest of them, for the read model', { MONGODB_URL: `mongodb://u:${word}@${nowhere}/db` }],
    ['all of it escaped, for the read model', { MONGODB_URL: `mongodb://u:${escaped}@${nowhere}/db` }],
    ['a key set', { AUTH: 'jwt', JWKS_URL: `https://u:${escaped}@${nowhere}/keys` }],
  ])('with %s', async (_, env) => {
    const server = spawnServer({ ...env, LOG_LEVEL: 'trace' });
    const waits = (): boolean => server.log.some(({ msg }) => msg === 'not there yet, waiting');
    await until(() => server.exit !== undefined || waits(), 'it ended or says what it waits for');
    if (server.exit === undefined) {
      expect((await server.stop()).code).toBe(0);
    } else {
      expect(server.exit.code).toBe(1);
      expect(server.errors).toMatch(/^weiliao: /);
    }
    expectNoPart(server.errors + JSON.stringify(server.log));
  });

  test.each(['verify', 'rebuild'])('and neither does %s', async (command) => {
    const ran = await runProgram([command], {
      EVENTSTORE_URL: `esdb://u:${word}@x@${nowhere}`,
      MONGODB_URL: `mongodb://u:${word}@${nowhere}/db`,
    });
    // It could not run at all.
    expect(ran.code).toBe(3);
    expectNoPart(ran.stdout + ran.stderr);
  });
});
