import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeDifference } from '../../src/projections/compare.ts';
import type { Difference } from '../../src/projections/compare.ts';
import { checkLog } from '../../src/projections/verify-log.ts';
import { documentKinds } from '../../src/read-model/documents.ts';
import { makeLogFolder, rebuildIn, verifyIn } from '../support/projection-embedded.ts';
import type { LogFolder } from '../support/projection-embedded.ts';
import { read, registered, sent, sentMany, unreadable } from '../support/projection-facts.ts';
import { createMemoryLog } from '../support/projection-log.ts';

async function listed(differences: AsyncIterable<Difference>): Promise<string[]> {
  const found: string[] = [];
  for await (const { kind, where } of differences) found.push(`${kind} ${where}`);
  return found;
}

describe('verify', () => {
  let folder: LogFolder;
  const verify = (): Promise<string[]> => listed(verifyIn(folder));

  beforeEach(async () => {
    folder = await makeLogFolder();
    await folder.append([registered('a'), ...sentMany(20), read('dm~a~b', 'b', 0, 12)]);
  });
  afterEach(() => folder.remove());

  it('finds nothing where everything is as the log says, also while the read model is behind', async () => {
    await rebuildIn(folder);
    expect(await verify()).toEqual([]);
    await folder.append(sentMany(5, 21));
    expect(await verify()).toEqual([]);
  });

  it('says so where there is no read model', async () => {
    expect(await verify()).toEqual(['missing read model']);
  });

  it('finds what was changed in the read model, and changes nothing', async () => {
    await rebuildIn(folder);
    const db = new DatabaseSync(join(folder.dataDir, 'read-model-1.db'));
    db.exec("UPDATE message SET msg = 'forged' WHERE seq = 3; UPDATE message SET read_date = NULL WHERE seq = 4");
    db.close();
    const found = ['different message dm~a~b:3', 'different message dm~a~b:4'];
    expect(await verify()).toEqual(found);
    expect(await verify()).toEqual(found);
  });

  it('finds what was changed in memberships and in conversations that nobody sees yet, and names the fields', async () => {
    await folder.append([read('group~g', 'b', 0, 3)]);
    await rebuildIn(folder);
    const db = new DatabaseSync(join(folder.dataDir, 'read-model-1.db'));
    db.exec("UPDATE membership SET read_seq = 5, read_date = 7 WHERE user = 'b' AND read_seq = 12");
    db.exec("UPDATE conversation SET revision = 9 WHERE _id = 'group~g'");
    db.close();
    const found: string[] = [];
    for await (const difference of verifyIn(folder)) found.push(describeDifference(difference));
    expect(found).toEqual([
      'different conversation group~g: revision 9 instead of 0',
      'different membership b dm~a~b: read_seq 5 instead of 12, read_date 7 instead of 2000012',
    ]);
  });

  it('finds a document too many, and one that is missing, in each kind', async () => {
    await folder.append([unreadable('user-a')]);
    await rebuildIn(folder);
    const db = new DatabaseSync(join(folder.dataDir, 'read-model-1.db'));
    db.exec("UPDATE user SET _id = 'z'; UPDATE conversation SET _id = 'dm~a~c'; UPDATE damage SET _id = 'user-z'");
    db.exec("UPDATE membership SET user = 'c' WHERE user = 'b'; DELETE FROM message WHERE seq = 20");
    db.close();
    const [, ...found] = await verify();
    const kinds = found.map((one) => one.split(' ', 2).join(' '));
    expect([...new Set(kinds)].sort()).toEqual(
      ['missing', 'unexpected'].flatMap((kind) => documentKinds.map((document) => `${kind} ${document}`)).sort(),
    );
  });

  it('finds a seq that is missing or twice in the log, and a wrong lastSeq', async () => {
    await folder.append([sent('dm~a~b', 22, 'a', 'b'), sent('dm~a~b', 22, 'a', 'b'), sent('dm~a~b', 23, 'a', 'b')]);
    await folder.append([
      { ...sent('dm~a~b', 24, 'a', 'b'), lastSeq: 24 },
      { ...sent('dm~a~b', 25, 'a', 'b'), lastSeq: 24 },
    ]);
    await rebuildIn(folder);
    expect(await verify()).toEqual([
      'seq conversation-dm~a~b revision 21, position 23',
      'seq conversation-dm~a~b revision 22, position 24',
      'seq conversation-dm~a~b revision 25, position 27',
    ]);
  });

  it('names an event that cannot be read, and goes on', async () => {
    await folder.append([{ stream: 'conversation-dm~a~b', type: 'MessageSent', data: { seq: 21 } }]);
    expect(await verify()).toEqual(['unreadable conversation-dm~a~b revision 21, position 23', 'missing read model']);
    await rebuildIn(folder);
    expect(await verify()).toEqual(['unreadable conversation-dm~a~b revision 21, position 23']);
  });

  it('reads the log several times where it may not remember every stream, and finds the same', async () => {
    const log = createMemoryLog();
    for (let stream = 0; stream < 50; stream += 1) {
      const conversation = `dm~u${stream}~v`;
      log.push(
        sent(conversation, 1, 'v', `u${stream}`),
        sent(conversation, stream % 10 === 3 ? 3 : 2, 'v', `u${stream}`),
      );
    }
    const check = { store: log, upTo: 1_000, signal: new AbortController().signal };
    const found = await listed(checkLog(check));
    expect(found).toHaveLength(5);
    for (const maxStreams of [1, 2, 7, 20, 49]) {
      expect((await listed(checkLog({ ...check, maxStreams }))).sort(), `at most ${maxStreams}`).toEqual(found.sort());
    }
  });
});
