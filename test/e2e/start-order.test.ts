import { describe, expect, onTestFinished, test } from 'vitest';
import { makeMongod, noMongoBinary, reportSkipped } from '../support/mongod.ts';
import { spawnServer } from '../support/server.ts';
import type { Environment, Server } from '../support/server.ts';
import { enter } from '../support/socket.ts';
import { startStandIn } from '../support/stand-in.ts';
import { until } from '../support/until.ts';

interface Readiness {
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, { readonly ok: boolean; readonly detail?: string }>>;
}

/** A program whose stores are not there: once it listens, and has said what it waits for. */
async function startTooEarly(env: Environment, stores: number): Promise<Server> {
  const server = spawnServer(env);
  onTestFinished(() => void server.stop('SIGKILL'));
  const warnings = () => server.log.filter(({ msg }) => msg === 'not there yet, waiting');
  await until(() => new Set(warnings().map(({ store }) => store)).size === stores, 'it says what it waits for');
  server.httpPort = Number(warnings()[0]!['httpPort']);
  return server;
}

async function isReady(server: Server): Promise<boolean> {
  return (await server.rest('GET', '/readyz').catch(() => undefined))?.status === 200;
}

async function serves(server: Server): Promise<void> {
  const { httpPort } = server;
  await server.ready();
  expect(server.httpPort).toBe(httpPort);
  await until(() => isReady(server), 'it is ready');
  await server.register('a', 'b');
  const a = await enter(server, 'a');
  await a.say('b', 'hello');
  expect(server.disasters).toEqual([]);
}

test('a program started before its event store listens, says what it waits for, and is ready once it is there', async () => {
  const standIn = await startStandIn();
  await standIn.stop();
  const server = await startTooEarly({ EVENTSTORE_URL: standIn.url }, 1);
  expect(await server.get('/healthz')).toEqual({ status: 'ok' });
  const { status, body, headers } = await server.rest<Readiness>('GET', '/readyz');
  expect(status).toBe(503);
  expect(headers.get('retry-after')).toBe('1');
  expect(body.ready).toBe(false);
  expect(body.checks['eventStore']).toMatchObject({ ok: false });
  expect(body.checks['eventStore']!.detail).toContain(`127.0.0.1:${standIn.port}`);
  for (const [method, path] of [
    ['GET', '/v1/conversations'],
    ['POST', '/v1/messages'],
    ['GET', '/v1/ws'],
  ] as const) {
    expect(await server.rest(method, path)).toMatchObject({ status: 503, body: { code: 'STORE_UNAVAILABLE' } });
  }
  // One line a store, then one every ten seconds, however often it was looked for.
  expect(server.log.filter(({ level }) => level === 'warn' || level === 'error').length).toBeLessThan(6);
  await standIn.restart();
  await serves(server);
});

test('a program that waits for its stores ends in order when it is told to', async () => {
  const server = await startTooEarly({ EVENTSTORE_URL: 'esdb://127.0.0.1:1?tls=false' }, 1);
  expect(await server.stop()).toEqual({ code: 0, signal: null });
});

describe.skipIf(reportSkipped('the order of a start with MongoDB', noMongoBinary))('with both stores', () => {
  test('they may come in any order; no credentials are told', async () => {
    const [standIn, mongod] = [await startStandIn(), await makeMongod()];
    onTestFinished(() => mongod.remove());
    await standIn.stop();
    const MONGODB_URL = `${mongod.url}&appName=secret`;
    const server = await startTooEarly({ EVENTSTORE_URL: standIn.url, MONGODB_URL }, 2);
    const { body } = await server.rest<Readiness>('GET', '/readyz');
    expect(Object.keys(body.checks).sort()).toEqual(['eventStore', 'process', 'readModel']);
    expect(body.checks['readModel']!.detail).toMatch(/^MongoDB at 127\.0\.0\.1:\d+ does not answer/);
    await standIn.restart();
    const waits = async () => Object.keys((await server.rest<Readiness>('GET', '/readyz')).body.checks);
    await until(async () => !(await waits()).includes('eventStore'), 'the event store is found');
    await mongod.start();
    await serves(server);
    expect(server.errors + JSON.stringify(server.log)).not.toContain('secret');
  });
});
