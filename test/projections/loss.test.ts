import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { conversationStream } from '../../src/domain/conversation/conversation-id.ts';
import { connect } from '../../src/event-store/eventstoredb/connection.ts';
import { LossRefusedError } from '../../src/projections/rebuild.ts';
import type { Loss } from '../../src/projections/rebuild.ts';
import { verify } from '../../src/projections/verify.ts';
import type { Difference } from '../../src/projections/compare.ts';
import { openStore } from '../support/appending.ts';
import { temporaryFolder } from '../support/folder.ts';
import { makeLogFolder, rebuildIn, verifyIn } from '../support/projection-embedded.ts';
import type { LogFolder } from '../support/projection-embedded.ts';
import { registered, sentMany } from '../support/projection-facts.ts';
import { dump } from '../support/projection-model.ts';
import { runProgram } from '../support/program.ts';
import { startStandIn } from '../support/stand-in.ts';

async function listed(differences: AsyncIterable<Difference>): Promise<string[]> {
  const found: string[] = [];
  for await (const { kind, where, actual } of differences) {
    found.push(`${kind} ${where}${kind === 'cut' ? `: ${String(actual)}` : ''}`);
  }
  return found;
}

describe('a rebuild', () => {
  let folder: LogFolder;
  const shown = () => dump(folder.open('read'));

  beforeEach(async () => {
    folder = await makeLogFolder();
    await folder.append([registered('a'), ...sentMany(20)]);
    await rebuildIn(folder);
  });
  afterEach(() => folder.remove());

  /** What a scavenge does to a stream that was cut. */
  function lose(from: number, to: number): void {
    const db = new DatabaseSync(join(folder.dataDir, 'log.db'));
    db.prepare('DELETE FROM append WHERE position BETWEEN ? AND ?').run(from, to);
    db.close();
  }

  it('is refused where the read model in use may be the last copy of what the log does not hold any more', async () => {
    lose(2, 9);
    const before = await shown();
    await expect(rebuildIn(folder)).rejects.toThrow(LossRefusedError);
    const told: Loss[] = [];
    const acceptsLoss = (loss: Loss): boolean => told.push(loss) < 1;
    await expect(rebuildIn(folder, { acceptsLoss })).rejects.toThrow('gaps in 2 places');
    expect(told[0]?.gaps.map(({ kind }) => kind)).toEqual(['revision', 'seq']);
    expect(told[0]?.differences.map(({ kind, where }) => `${kind} ${where}`)).toContain('unexpected message dm~a~b:1');
    expect(await shown()).toBe(before);
  });

  it('lists on the command line what would be lost, and then what is', async () => {
    lose(2, 9);
    const run = (...args: string[]) => runProgram(['rebuild', ...args], { DATA_DIR: folder.dataDir });
    const refused = await run();
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/^weiliao: refused: the log has gaps in 2 places.*--accept-loss does it\n$/);
    expect(refused.stdout).toMatch(/what would be lost or change:\n(?:.*\n)*unexpected message dm~a~b:1\n/);
    const accepted = await run('--accept-loss');
    expect(accepted).toMatchObject({ code: 0, stderr: '' });
    expect(accepted.stdout).toMatch(/what will be lost or change:\n(?:.*\n)*.*now in use\n/);
  });

  it('goes on where the loss is accepted, or where nothing is lost by it', async () => {
    await folder.append(sentMany(3, 21));
    await rebuildIn(folder);
    lose(2, 9);
    const result = await rebuildIn(folder, { acceptsLoss: () => true });
    expect(result.differences).toHaveLength(8);
    expect(await rebuildIn(folder)).toMatchObject({ differences: [] });
  });

  it('goes on where the read model differs and the log is whole', async () => {
    const db = new DatabaseSync(join(folder.dataDir, 'read-model-1.db'));
    db.exec("UPDATE message SET msg = 'forged' WHERE seq = 3");
    db.close();
    expect((await rebuildIn(folder)).differences).toHaveLength(1);
    expect(await listed(verifyIn(folder))).toEqual([]);
  });
});

describe('verify', () => {
  it('sees what was cut from streams before a scavenge takes it out of the log', async () => {
    const { url } = await startStandIn();
    const { client, close } = connect(url);
    onTestFinished(() => close());
    const { store } = await openStore(url);
    const streams = ['whole', 'set', 'cut', 'counted', 'deleted', 'tombstoned'].map((id) =>
      conversationStream(`group~${id}`),
    );
    for (const stream of streams) {
      const events = [0, 1, 2].map((revision) => {
        const data = { reader: 'a', after: revision, seq: revision + 1, readDate: 1 };
        return { id: crypto.randomUUID(), type: 'MessagesRead', data, metadata: { schemaVersion: 1 } };
      });
      await store.appendToStream(stream, events, 'no_stream');
    }
    const [, set, cut, counted, deleted, tombstoned] = streams;
    await client.setStreamMetadata(set!, { maxCount: 10 });
    await client.setStreamMetadata(cut!, { truncateBefore: 2 });
    await client.setStreamMetadata(counted!, { maxCount: 1 });
    await client.setStreamMetadata('conversation-group~nobody', { maxCount: 1 });
    await client.tombstoneStream(tombstoned!);
    await client.deleteStream(deleted!);
    const readModel = { kind: 'embedded', dataDir: temporaryFolder() } as const;
    expect(await listed(verify({ store, readModel }))).toEqual([
      'cut conversation-group~tombstoned: deleted for good',
      'cut conversation-group~cut: those from revision 2 on',
      'cut conversation-group~counted: those from revision 2 on',
      'cut conversation-group~deleted: none of them',
      'missing read model',
    ]);
  });
});
