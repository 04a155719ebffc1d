import { expect, test } from 'vitest';
import { runProtocolScript } from '../support/protocol/script.ts';
import { startStandIn } from '../support/stand-in.ts';

/**
 * What EventStoreDB 24.6.0 answered. To record it anew, start that server alone on an empty folder, insecure, and run
 * this file with `EVENTSTORE_URL=esdb://… vitest run test/event-store/protocol-parity.test.ts -t "a real EventStoreDB" -u`.
 */
const recorded = '../fixtures/eventstoredb-24.6.0.json';
const realServer = process.env['EVENTSTORE_URL'];

async function expectRecorded(url: string): Promise<void> {
  const answers = await runProtocolScript(url);
  await expect(`${JSON.stringify(answers, null, 1)}\n`).toMatchFileSnapshot(recorded);
}

test('the stand-in answers every step as EventStoreDB 24.6.0 does', async () => {
  const { url } = await startStandIn();
  await expectRecorded(url);
});

test.skipIf(realServer === undefined)('a real EventStoreDB answers every step as it did', async () => {
  await expectRecorded(realServer!);
});
