import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { connect } from '../../src/event-store/eventstoredb/connection.ts';
import { event, idsOf, newStream, openStore } from '../support/appending.ts';
import { startStandIn } from '../support/stand-in.ts';
import { within } from '../support/until.ts';

/** An address that takes connections and says nothing, as a node that is frozen. */
async function silentNode(): Promise<{ address: string; end(): void }> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => sockets.push(socket.on('error', () => undefined).resume()));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const end = (): void => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  onTestFinished(end);
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, end };
}

test('nodes that are frozen hold no connection up: all are asked at once who leads', async () => {
  const standIn = await startStandIn();
  const frozen = await Promise.all([silentNode(), silentNode(), silentNode()]);
  const address = `${standIn.host}:${standIn.port}`;
  const url = standIn.url.replace(address, [...frozen.map((node) => node.address), address].join(','));
  // Each of them would be waited for all day.
  const { store } = await openStore(`${url}&gossipTimeout=86400`);
  for (let count = 0; count < 4; count += 1) {
    const [stream, appended] = [newStream(), event()];
    await within(store.appendToStream(stream, [appended], 'no_stream'), 'the append');
    expect(await idsOf(store, stream)).toEqual([appended.id]);
  }
  for (const { end } of frozen) end();
});

test('where no node answers, that is told after as many attempts as are asked for', async () => {
  const { openStream, close } = connect(
    'esdb://127.0.0.1:1,127.0.0.1:2?tls=false&maxDiscoverAttempts=2&discoveryInterval=1',
  );
  onTestFinished(() => close());
  const opening = openStream('any', () => undefined);
  await expect(opening).rejects.toThrow('Failed to discover after 2 attempts.');
});
