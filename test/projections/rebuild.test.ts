import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { DatabaseSync } from '@photostructure/sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OperatorError } from '../../src/shared/errors.ts';
import type { RebuildResult } from '../../src/projections/rebuild.ts';
import { eventually } from '../support/projection-eventually.ts';
import { readModelOf, startEmbeddedProjector } from '../support/projector.ts';
import { makeLogFolder, rebuildIn } from '../support/projection-embedded.ts';
import type { LogFolder } from '../support/projection-embedded.ts';
import { read, registered, sent, sentMany } from '../support/projection-facts.ts';
import { dump } from '../support/projection-model.ts';

describe('a rebuild', () => {
  let folder: LogFolder;

  beforeEach(async () => {
    folder = await makeLogFolder();
    await folder.append([
      registered('a'),
      registered('b'),
      ...sentMany(20),
      read('dm~a~b', 'b', 0, 12),
      sent('dm~a~c', 1, 'c', 'a', 'with a \0 in it'),
      sent('group~g', 1, 'a', null),
      read('group~g', 'b', 0, 1),
    ]);
  });
  afterEach(() => folder.remove());

  const generations = (): string[] =>
    readdirSync(folder.dataDir).filter((name) => /^read-model-.*\.db/.test(name) && !/-(wal|shm)$/.test(name));

  function rebuild(projection?: 'message' | 'conversation' | 'user'): Promise<RebuildResult> {
    return rebuildIn(folder, { projection });
  }

  /** Applies the whole log as a running server does, and stops. */
  async function project(): Promise<void> {
    const last = await folder.store.lastPosition();
    const projector = startEmbeddedProjector({ dataDir: folder.dataDir, signal: folder.store.signal });
    const reader = folder.open('read');
    await eventually(() => reader.checkpoint()).toBe(last);
    await projector.stop();
    await reader.close();
  }

  /** Changes the read model behind everybody's back. */
  function tamper(...statements: readonly string[]): void {
    const name = generations().sort().at(-1)!;
    const db = new DatabaseSync(join(folder.dataDir, name));
    for (const sql of statements) db.exec(sql);
    db.close();
  }

  it('makes a read model where there is none', async () => {
    const result = await rebuild();
    expect(result).toMatchObject({ events: 26, unknown: 0, comparedAt: undefined, differences: [] });
    const built = await dump(folder.open('read'));
    for (const name of readdirSync(folder.dataDir)) {
      if (name.startsWith('read-model')) rmSync(join(folder.dataDir, name));
    }
    await project();
    expect(await dump(folder.open('read'))).toBe(built);
  });

  it('gives the same as the running projector, and says so', async () => {
    await project();
    const live = await dump(folder.open('read'));
    const result = await rebuild();
    expect(result).toMatchObject({ events: 26, comparedAt: 26, differences: [] });
    expect(await dump(folder.open('read'))).toBe(live);
  });

  it('names what was different from the log, and mends it', async () => {
    await project();
    const before = await dump(folder.open('read'));
    tamper(
      "UPDATE message SET msg = 'forged' WHERE seq = 3 AND conversation = 1",
      'DELETE FROM message WHERE seq = 5 AND conversation = 1',
      "INSERT INTO user VALUES ('z', 'nobody', NULL, 1)",
      'UPDATE conversation SET last_seq = 21 WHERE number = 1',
      "DELETE FROM membership WHERE user = 'b'",
    );
    const { differences } = await rebuild();
    expect(differences.map(({ kind, where }) => `${kind} ${where}`)).toEqual([
      'unexpected user z',
      'different conversation dm~a~b',
      'missing membership b dm~a~b',
      'missing membership b group~g',
      'different message dm~a~b:3',
      'missing message dm~a~b:5',
    ]);
    expect(differences[4]).toMatchObject({ fields: ['msg'], expected: { msg: 'text 3' }, actual: { msg: 'forged' } });
    expect(await dump(folder.open('read'))).toBe(before);
    expect((await folder.open('read').conversations({ user: 'b', limit: 10 })).length).toBe(2);
  });

  it.each([
    ['message' as const, "UPDATE message SET msg = 'forged' WHERE position = 5", 'different message dm~a~b:3'],
    [
      'conversation' as const,
      'UPDATE conversation SET last_seq = 21 WHERE number = 1',
      'different conversation dm~a~b',
    ],
    ['user' as const, "UPDATE user SET username = 'forged' WHERE _id = 'a'", 'different user a'],
  ])('of the %s projection mends that one, and takes the others over as they are', async (projection, harm, found) => {
    await project();
    const before = await dump(folder.open('read'));
    for (const one of ['message', 'conversation', 'user'] as const) {
      if (one === projection) continue;
      expect((await rebuild(one)).differences).toEqual([]);
      expect(await dump(folder.open('read'))).toBe(before);
    }
    tamper(harm);
    const others = (['message', 'conversation', 'user'] as const).filter((one) => one !== projection);
    for (const other of others) expect((await rebuild(other)).differences).toEqual([]);
    expect(await dump(folder.open('read'))).not.toBe(before);
    const { differences } = await rebuild(projection);
    expect(differences.map(({ kind, where }) => `${kind} ${where}`)).toEqual([found]);
    expect(await dump(folder.open('read'))).toBe(before);
  });

  it('of one projection is refused where there is nothing to take the others from', async () => {
    await expect(rebuild('message')).rejects.toThrow(OperatorError);
    expect(generations()).toEqual([]);
  });

  it('takes in what came to the log after the checkpoint of the read model in use', async () => {
    await project();
    await folder.append([...sentMany(5, 21), read('dm~a~b', 'b', 12, 25)]);
    expect(await rebuild()).toMatchObject({ events: 32, comparedAt: 26, differences: [] });
    const reader = folder.open('read');
    expect(await reader.checkpoint()).toBe(32);
    const statuses = (await reader.messages({ conversation: 'dm~a~b', limit: 30 })).map(({ status }) => status);
    expect(statuses).toEqual(Array(25).fill(2));
  });

  it('refuses a second one at the same time, and is not disturbed by it', async () => {
    const first = rebuild();
    await expect(rebuild()).rejects.toThrow(OperatorError);
    expect(await first).toMatchObject({ events: 26 });
    expect(await rebuild()).toMatchObject({ events: 26, differences: [] });
  });

  it('changes nothing and leaves nothing where it is ended early', async () => {
    await project();
    const before = await dump(folder.open('read'));
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(rebuildIn(folder, { signal })).rejects.toThrow('enough');
    expect(generations()).toEqual(['read-model-1.db']);
    expect(await dump(folder.open('read'))).toBe(before);
  });

  it('mends a read model that is ahead of the log', async () => {
    await project();
    tamper('UPDATE state SET checkpoint = 1000');
    const { differences, comparedAt, wasOfAnotherLog } = await rebuild();
    expect({ comparedAt, wasOfAnotherLog }).toEqual({ comparedAt: undefined, wasOfAnotherLog: true });
    const actual = 'it has applied position 1000, but the log ends at 26: the log was cut or replaced';
    expect(differences).toEqual([{ kind: 'checkpoint', where: 'checkpoint', expected: 'a place in this log', actual }]);
    expect((await folder.open('read').place()).position).toBe(26);
  });

  it('remembers which event the new one was brought to', async () => {
    await project();
    const { position, landmark } = await folder.open('read').place();
    expect((await rebuild()).wasOfAnotherLog).toBe(false);
    const built = await folder.open('read').place();
    expect(built).toEqual({ position, landmark });
    expect(await folder.store.eventAt(position)).toMatchObject({ id: built.landmark?.id });
  });

  it('keeps the first of a seq that a damaged log holds twice, as the projector does', async () => {
    await folder.append([sent('dm~a~b', 7, 'b', 'a', 'again'), sent('dm~a~b', 21, 'a', 'b')]);
    await project();
    expect((await rebuild()).differences).toEqual([]);
    expect(await folder.open('read').message('dm~a~b:7')).toMatchObject({ msg: 'text 7' });
  });

  it('goes unnoticed by a running server, which lets go of the old file', async () => {
    const projector = startEmbeddedProjector({ dataDir: folder.dataDir, signal: folder.store.signal });
    const reader = folder.open('read');
    const running = new AbortController();
    let next = 21;
    let seen = 0;
    const writing = (async () => {
      while (!running.signal.aborted) {
        await folder.append(sentMany(10, next));
        next += 10;
        const now = await reader.checkpoint();
        expect(now).toBeGreaterThanOrEqual(seen);
        seen = now;
      }
    })();
    await eventually(() => seen).toBeGreaterThan(100);
    for (let round = 0; round < 3; round += 1) expect((await rebuild()).differences).toEqual([]);
    running.abort();
    await writing;
    await eventually(() => reader.checkpoint()).toBe(await folder.store.lastPosition());
    expect(readModelOf(projector).state.kind).toBe('live');
    const served = await dump(reader);
    await projector.stop();
    await reader.close();
    expect(await rebuild()).toMatchObject({ differences: [] });
    expect(await dump(folder.open('read'))).toBe(served);
    // Closed connections let go of their file when they are collected; the writer looks for such files.
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    await eventually(async () => {
      collect();
      const writer = folder.open('write');
      await writer.checkpoint();
      await writer.checkpoint();
      await writer.close();
      return generations();
    }).toHaveLength(1);
  });
});
