import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { OperatorError } from '../../src/shared/errors.ts';
import { openEventStoreDb } from '../../src/event-store/eventstoredb/eventstoredb-event-store.ts';
import type { Incident } from '../../src/event-store/eventstoredb/incident.ts';
import { temporaryFolder } from '../support/folder.ts';
import { startStandIn } from '../support/stand-in.ts';
import { loader } from '../support/loader.ts';
import { patience } from '../support/until.ts';

const refusal = async (url: string, startTimeoutMs = 200): Promise<string> => {
  const error: unknown = await openEventStoreDb({ url, startTimeoutMs, appendThreads: 1 }).catch(
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(OperatorError);
  return (error as Error).message;
};

describe('opening an EventStoreDB', () => {
  test('that is not there names its address, and no credentials', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const message = await refusal(`esdb://admin:geheim@127.0.0.1:${port}?tls=false`);
    expect(message).toContain(`127.0.0.1:${port}`);
    expect(message).toContain('EVENTSTORE_URL');
    expect(message).not.toMatch(/admin|geheim/);
  });

  test.each([
    'http://admin:geheim@127.0.0.1:2113',
    'esdb://admin:geheim@',
    'esdb://admin:geheim@127.0.0.1:geheim',
    'esdb://admin:geheim@127.0.0.1:2113?tls=geheim',
    'esdb://admin:geheim@127.0.0.1:2113,127.0.0.2:0?tls=false',
    'esdb://admin:geheim@127.0.0.1:2113?keepAliveInterval=-5&tls=false',
    'esdb://admin:geheim@127.0.0.1:2113?tlsCAFile=/none/there.pem',
  ])('by a connection string that cannot be used says so, without a part of it: %s', async (url) => {
    const message = await refusal(url);
    expect(message).toContain('EVENTSTORE_URL');
    expect(message).not.toMatch(/admin|geheim/);
  });

  test('at a port that cannot be is refused at once, and names the port', async () => {
    const message = await refusal('esdb://admin:geheim@127.0.0.1:99999?tls=false', 60_000);
    expect(message).toBe('EVENTSTORE_URL cannot be used: one of its ports is none; a port is 1 to 65535');
  });

  test('tells of settings that db-client does not know', async () => {
    const standIn = await startStandIn();
    const incidents: Incident[] = [];
    const onIncident = (incident: Incident): void => void incidents.push(incident);
    const store = await openEventStoreDb({ url: `${standIn.url}&nonsense=1`, onIncident });
    onTestFinished(() => store.close());
    expect(incidents[0]).toMatchObject({ kind: 'setting-ignored' });
    expect(incidents[0]!.reason).toContain('nonsense');
  });
});

test('a process that opened and closed it ends by itself and has printed nothing', async () => {
  const standIn = await startStandIn();
  const adapter = fileURLToPath(
    new URL('../../src/event-store/eventstoredb/eventstoredb-event-store.ts', import.meta.url),
  );
  const program = `
    import { openEventStoreDb } from ${JSON.stringify(adapter)};
    const store = await openEventStoreDb({ url: ${JSON.stringify(`${standIn.url}&nonsense=1`)} });
    const event = { id: crypto.randomUUID(), type: 'Tested', data: {}, metadata: { schemaVersion: 1 } };
    await store.appendToStream('conversation-a', [event], 'no_stream');
    for await (const { events } of store.subscribeToAll({ after: 0, prefixes: ['conversation-'], signal: new AbortController().signal })) {
      if (events.length > 0) break;
    }
    await store.close();`;
  const file = join(temporaryFolder(), 'program.mjs');
  writeFileSync(file, program);
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [...loader, file], {
    timeout: patience,
    env: {},
  });
  expect({ stdout, stderr }).toEqual({ stdout: '', stderr: '' });
});
