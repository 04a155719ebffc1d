import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { EventStoreUnavailableError } from '../../src/event-store/event-store.ts';
import { openEventStoreDb } from '../../src/event-store/eventstoredb/eventstoredb-event-store.ts';
import { createPersistentFeed } from '../../src/event-store/eventstoredb/persistent-feed.ts';
import { startAppendThread } from '../../src/event-store/eventstoredb/append-thread.ts';
import { OperatorError } from '../../src/shared/errors.ts';
import { event, idsOf, newStream, openStore } from '../support/appending.ts';
import { temporaryFolder } from '../support/folder.ts';
import { spawnServer } from '../support/server.ts';
import { certificates, sharedStandIn, standInUser } from '../support/stand-in.ts';
import type { StandInProcess } from '../support/stand-in.ts';

const secured = sharedStandIn({ secured: true });
const unsecured = sharedStandIn();
const wrongPassword = 'vertan';

function withPassword({ url }: StandInProcess, password: string): string {
  return url.replace(encodeURIComponent(standInUser.password), password);
}

/** Why the store cannot be opened. `told`: every word that the operator may see of it. */
async function refusal(url: string): Promise<{ reason: string; told: string }> {
  const incidents: string[] = [];
  const onIncident = ({ reason }: { reason: string }): void => void incidents.push(reason);
  const options = { url, onIncident, startTimeoutMs: 200, appendThreads: 1 };
  const error: unknown = await openEventStoreDb(options).catch((met: unknown) => met);
  expect(error).toBeInstanceOf(OperatorError);
  const reason = (error as Error).message;
  return { reason, told: [reason, ...incidents].join('\n') };
}

describe('an EventStoreDB with TLS and a user', () => {
  test('is appended to, read and followed, by hosts one or more, found or given', async () => {
    const standIn = secured();
    const urls = [
      standIn.url,
      standIn.url.replace('esdb:', 'esdb+discover:'),
      standIn.url.replace('?', ',127.0.0.1:1?'),
      // Of these db-client alone would ask the first only.
      standIn.url.replace('esdb:', 'esdb+discover:').replace(`127.0.0.1:${standIn.port}`, '127.0.0.1:1,$&'),
    ];
    for (const url of urls) {
      const { store, incidents } = await openStore(url, { appendThreads: 1 });
      const [stream, appended] = [newStream(), event()];
      const { position } = await store.appendToStream(stream, [appended], 'no_stream');
      expect(await idsOf(store, stream)).toEqual([appended.id]);
      const ending = new AbortController();
      for await (const { events } of store.subscribeToAll({ after: 0, prefixes: [stream], signal: ending.signal })) {
        if (events.some((found) => found.position === position)) break;
      }
      expect(incidents).toEqual([]);
    }
  });

  test('feeds a gateway by a consumer group', async () => {
    const { url } = secured();
    const { store } = await openStore(url);
    const feed = createPersistentFeed({ url, gatewayId: 'g', readStream: store.readStream });
    onTestFinished(() => feed.close());
    const [stream, appended] = [newStream(), event()];
    await store.appendToStream(stream, [appended], 'no_stream');
    const ending = new AbortController();
    for await (const { events } of feed.subscribe({ after: 0, prefixes: [stream], signal: ending.signal })) {
      if (events[0]?.id === appended.id) break;
    }
  });

  test('that refuses the password, or asks for a user, is not opened, and says so', async () => {
    const standIn = secured();
    const wrong = await refusal(withPassword(standIn, wrongPassword));
    expect(wrong.reason).toContain(`127.0.0.1:${standIn.port}`);
    expect(wrong.reason).toContain('refuses the user or the password');
    expect(wrong.told).not.toContain(wrongPassword);
    const none = await refusal(standIn.url.replace(/\/\/.*@/, '//'));
    expect(none.reason).toContain('asks for a user and a password');
  });

  test('appends that it refuses are unavailable', async () => {
    const standIn = secured();
    const url = standIn.url.replace(/\/\/.*@/, '//');
    const thread = startAppendThread({ url, timeoutMs: 20_000, onIncident: () => undefined });
    onTestFinished(() => thread.close());
    const refused = await thread.append(newStream(), [event()], 'no_stream').catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(EventStoreUnavailableError);
    expect((refused as Error).message).toContain('access denied');
  });

  test.each([
    ['another authority', 'other.crt'],
    ['no authority', undefined],
  ])('whose certificate is not of %s that is given is not opened, and says so', async (_, authority) => {
    const standIn = secured();
    const given = authority === undefined ? '' : `&tlsCAFile=${encodeURIComponent(join(certificates, authority))}`;
    const single = standIn.url.replace(/&tlsCAFile=.*/, given);
    for (const url of [single, single.replace('?', ',127.0.0.1:1?')]) {
      const { reason, told } = await refusal(withPassword({ ...standIn, url }, wrongPassword));
      expect(reason).toContain(`127.0.0.1:${standIn.port}`);
      expect(reason).toContain('its certificate is of no authority that is trusted here');
      expect(told).not.toContain(wrongPassword);
    }
  });

  test('is not opened without TLS, nor one without TLS with it, and each says which', async () => {
    const standIn = secured();
    const plain = unsecured();
    const without = await refusal(withPassword(standIn, wrongPassword).replace('tls=true', 'tls=false'));
    expect(without.reason).toContain('does it want tls=true?');
    expect(without.told).toContain('user and password are not sent with tls=false');
    expect(without.told).not.toContain(wrongPassword);
    const superfluous = await refusal(`esdb://admin:${wrongPassword}@127.0.0.1:${plain.port}?tls=true`);
    expect(superfluous.reason).toContain('it does not speak TLS');
    expect(superfluous.told).not.toContain(wrongPassword);
  });

  test('keeps its connection where there is to be no limit for keep-alive', async () => {
    const { url } = secured();
    const { store, incidents } = await openStore(`${url}&keepAliveInterval=100&keepAliveTimeout=-1`);
    const ending = new AbortController();
    onTestFinished(() => ending.abort());
    const subscription = store.subscribeToAll({ after: 0, prefixes: ['conversation-'], signal: ending.signal });
    for await (const { caughtUp } of subscription) if (caughtUp) break;
    const end = performance.now() + 800;
    while (performance.now() < end) await store.appendToStream(newStream(), [event()], 'no_stream');
    expect(incidents.map(({ kind }) => kind)).toEqual(['setting-ignored']);
  });
});

test('a program that the password is wrong for ends in time with that reason, and no line of it has the password', async () => {
  const standIn = secured();
  const server = spawnServer({ EVENTSTORE_URL: withPassword(standIn, wrongPassword), LOG_LEVEL: 'debug' });
  const { code } = await server.exited;
  expect(code).toBe(1);
  expect(server.errors).toContain('refuses the user or the password');
  expect(server.errors + JSON.stringify(server.log)).not.toContain(wrongPassword);
});

describe('a connection string', () => {
  test.each([
    ['a colon in the password', 'esdb://admin:ge:heim@127.0.0.1:1?tls=true', '%3A'],
    ['an @ in the password', 'esdb://admin:ge@heim@127.0.0.1:1?tls=true', '%40'],
    ['a user without a password', 'esdb://admin@127.0.0.1:1?tls=true', 'user:password@'],
    ['a file that is missing', 'esdb://127.0.0.1:1?tlsCAFile=/none/there.pem', 'tlsCAFile: ENOENT'],
    ['a certificate without its key', `esdb://127.0.0.1:1?userCertFile=${certificates}node.crt`, 'userKeyFile'],
  ])('with %s is refused', async (_, url, reason) => {
    const { told } = await refusal(url);
    expect(told).toContain(reason);
    expect(told).not.toMatch(/admin|heim/);
  });

  test('with a file that holds no certificate is refused', async () => {
    const file = join(temporaryFolder(), 'authority.crt');
    writeFileSync(file, 'no certificate');
    const { reason } = await refusal(`esdb://127.0.0.1:1?tlsCAFile=${encodeURIComponent(file)}`);
    expect(reason).toContain('tlsCAFile: there is nothing in PEM form');
  });

  test('tells once of each part without an effect', async () => {
    const options = 'tlsVerifyCert=false&tlsCAFile=/none&throwOnAppendFailure=false&defaultDeadline=9&nonsense=1';
    const { url } = unsecured();
    const { incidents } = await openStore(`${url}&${options}`);
    const reasons = incidents.map(({ reason }) => reason);
    for (const name of options.split('&').map((option) => option.split('=')[0]!)) {
      expect(reasons.filter((reason) => reason.includes(name))).toHaveLength(1);
    }
  });
});
