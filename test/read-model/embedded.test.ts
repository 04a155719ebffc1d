import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ReadModelMovedError, ReadModelUnavailableError } from '../../src/read-model/read-model.ts';
import type { ReadModel } from '../../src/read-model/read-model.ts';
import { schemaVersion } from '../../src/read-model/embedded/schema.ts';
import { readModelContract } from '../contract/read-model.ts';
import { eventually } from '../support/projection-eventually.ts';
import { emptyBatch, message, messagesBatch } from '../support/projection-documents.ts';
import { makeModelFolder } from '../support/projection-model.ts';
import type { ModelFolder } from '../support/projection-model.ts';
import { scriptArgs, sourceUrl } from '../support/loader.ts';

readModelContract({
  name: 'embedded',
  async open() {
    const folder = await makeModelFolder();
    return { writer: folder.open('write'), openReader: () => folder.open('read'), dispose: () => folder.remove() };
  },
});

describe('the embedded read model', () => {
  let folder: ModelFolder;
  const files = (): string[] => readdirSync(folder.dataDir).sort();
  const path = (name: string): string => join(folder.dataDir, name);
  const pointer = (): string => readFileSync(path('read-model.current'), 'latin1');

  beforeEach(async () => {
    folder = await makeModelFolder();
  });
  afterEach(async () => {
    await folder.remove();
  });

  async function filled(count = 3): Promise<ReadModel> {
    const writer = folder.open('write');
    for (let seq = 1; seq <= count; seq += 1) {
      await writer.apply(messagesBatch(message(seq)), { after: seq - 1, position: seq });
    }
    return writer;
  }

  /** A read model of three messages, closed, with everything in the one file. */
  async function closed(): Promise<void> {
    await (await filled()).close();
    const db = new DatabaseSync(path('read-model-1.db'));
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    db.close();
  }

  describe('begins another one from position 0', () => {
    it('where there is none', async () => {
      expect(await folder.open('write').checkpoint()).toBe(0);
      expect(pointer()).toBe('1\n');
    });

    it('where its file was deleted', async () => {
      await closed();
      for (const name of files().filter((file) => file.startsWith('read-model-1'))) rmSync(path(name));
      expect(await folder.open('write').checkpoint()).toBe(0);
      expect(existsSync(path(`read-model-${pointer().trim()}.db`))).toBe(true);
    });

    it('where everything was deleted while it was in use', async () => {
      const writer = await filled();
      for (const name of files()) rmSync(path(name));
      await expect(writer.apply(messagesBatch(message(4)), { after: 3, position: 4 })).rejects.toThrow(
        ReadModelMovedError,
      );
      expect(await writer.checkpoint()).toBe(0);
      await writer.apply(messagesBatch(message(1)), { after: 0, position: 1 });
      expect(await folder.open('read').checkpoint()).toBe(1);
    });

    it.each([
      ['is no database', (file: string) => writeFileSync(file, 'not a database '.repeat(1_000))],
      ['is empty', (file: string) => truncateSync(file)],
      ['was cut', (file: string) => truncateSync(file, 4_096)],
      [
        'is a database of somebody else',
        (file: string) => replaceDatabase(file, `PRAGMA user_version = ${schemaVersion}`),
      ],
    ])('where its file %s, which is kept aside', async (_, spoil) => {
      await closed();
      spoil(path('read-model-1.db'));
      const writer = folder.open('write');
      expect(await writer.checkpoint()).toBe(0);
      expect(pointer()).toBe('2\n');
      expect(files()).toContain('read-model-1.db.unusable-1');
      await writer.apply(messagesBatch(message(1)), { after: 0, position: 1 });
      expect(await folder.open('read').messages({ conversation: 'dm~a~b', limit: 10 })).toHaveLength(1);
    });

    it('where it is of a newer version, which is kept aside', async () => {
      await closed();
      alter(`PRAGMA user_version = ${schemaVersion + 1}`);
      expect(await folder.open('write').checkpoint()).toBe(0);
      expect(files()).toContain('read-model-1.db.unusable-1');
    });

    it('where it is of an older version', async () => {
      await closed();
      alter(`PRAGMA user_version = ${schemaVersion - 1}`);
      expect(await folder.open('write').checkpoint()).toBe(0);
      expect(pointer()).toBe('2\n');
    });

    it('where the pointer cannot be understood', async () => {
      await closed();
      writeFileSync(path('read-model.current'), 'nonsense');
      expect(await folder.open('write').checkpoint()).toBe(0);
      expect(pointer()).toBe('2\n');
    });

    it('where a reader met a damaged page', async () => {
      await (await filled(500)).close();
      const database = new DatabaseSync(path('read-model-1.db'));
      database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      database.close();
      const bytes = readFileSync(path('read-model-1.db'));
      for (let page = 12; page < bytes.length / 4_096; page += 1) bytes.fill(0xa5, page * 4_096, page * 4_096 + 200);
      writeFileSync(path('read-model-1.db'), bytes);
      const reader = folder.open('read');
      expect(await reader.checkpoint()).toBe(500);
      await expect(reader.messages({ conversation: 'dm~a~b', limit: 500 })).rejects.toThrow(ReadModelUnavailableError);
      expect(await folder.open('write').checkpoint()).toBe(0);
      expect(files()).toContain('read-model-1.db.unusable-1');
      expect(files()).not.toContain('read-model-1.db.damaged');
    });

    function alter(sql: string): void {
      const db = new DatabaseSync(path('read-model-1.db'));
      db.exec(sql);
      db.close();
    }

    function replaceDatabase(file: string, sql: string): void {
      rmSync(file);
      const db = new DatabaseSync(file);
      db.exec(`CREATE TABLE something (else_ TEXT); ${sql}`);
      db.close();
    }
  });

  describe('where the disk is full', () => {
    it.skipIf(!canLimitFiles)('says that it is unavailable, and takes the same batch once there is room', () => {
      const script = `ulimit -S -f 1024; exec "$0" "$@"`;
      const child = spawnSync(
        '/bin/sh',
        ['-c', script, process.execPath, ...scriptArgs(writerWithoutRoom), folder.dataDir],
        {
          encoding: 'utf8',
        },
      );
      expect(child.stderr).toBe('');
      expect(child.stdout).toBe('refused by ReadModelUnavailableError, then whole\n');
    });

    it('is not what a fault of the program is taken for', async () => {
      const writer = await filled();
      const wrong = messagesBatch(message(4, { msg: undefined as unknown as string }));
      await expect(writer.apply(wrong, { after: 3, position: 4 })).rejects.not.toThrow(ReadModelUnavailableError);
      expect(await writer.checkpoint()).toBe(3);
    });
  });

  describe('a reader', () => {
    it('shows an empty read model until there is one', async () => {
      const reader = folder.open('read');
      expect(await reader.checkpoint()).toBe(0);
      await filled();
      await eventually(() => reader.checkpoint()).toBe(3);
    });

    it('cannot apply anything', async () => {
      await expect(folder.open('read').apply(emptyBatch, { after: 0, position: 1 })).rejects.toThrow(TypeError);
    });

    it('goes over to a new one only when that has caught up, so it never goes back in time', async () => {
      const writer = await filled(5);
      const reader = folder.open('read');
      await eventually(() => reader.checkpoint()).toBe(5);
      writeFileSync(path('read-model-1.db.damaged'), '');
      expect(await writer.checkpoint()).toBe(0);
      for (let seq = 1; seq <= 7; seq += 1) {
        await writer.apply(messagesBatch(message(seq)), { after: seq - 1, position: seq });
        expect(await reader.checkpoint()).toBeGreaterThanOrEqual(5);
      }
      await eventually(() => reader.checkpoint()).toBe(7);
    });
  });

  it('says that it is closed once it is', async () => {
    const writer = await filled();
    await writer.close();
    await writer.close();
    await expect(writer.checkpoint()).rejects.toThrow(ReadModelUnavailableError);
  });

  it('keeps every batch that was applied when the process is killed', async () => {
    const child = spawn(process.execPath, [...scriptArgs(endlessWriter), folder.dataDir], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let last = 0;
    child.stdout.on('data', (chunk: Buffer) => {
      last = Number(chunk.toString().trim().split('\n').at(-1));
      if (last >= 200) child.kill('SIGKILL');
    });
    await new Promise((resolve) => child.once('exit', resolve));
    const writer = folder.open('write');
    const checkpoint = await writer.checkpoint();
    expect(checkpoint).toBeGreaterThanOrEqual(last);
    const found = await writer.messages({ conversation: 'dm~a~b', after: 0, limit: 1_000_000 });
    expect(found.map(({ seq }) => seq)).toEqual(Array.from({ length: checkpoint }, (_, index) => index + 1));
    expect(await writer.conversation('dm~a~b')).toMatchObject({ last_seq: checkpoint, last_position: checkpoint });
  });
});

/** The shell and prlimit (util-linux) let a test run out of room. */
const canLimitFiles = spawnSync('prlimit', ['--version']).status === 0;

const imports = `
  import { createLogger } from '${sourceUrl('shared/logger.ts')}';
  import { foldEvents } from '${sourceUrl('projections/fold.ts')}';
  import { openEmbeddedReadModel } from '${sourceUrl('read-model/embedded/embedded-read-model.ts')}';
  const model = openEmbeddedReadModel({ dataDir: process.argv[1], mode: 'write', log: createLogger('silent') });
  function batchOf(seq) {
    const data = { clientId: String(seq), seq, from: { id: 'a', username: 'a' }, to: { id: 'b', username: 'b' }, msg: 'text', sendDate: seq };
    const place = { stream: 'conversation-dm~a~b', revision: seq - 1, position: seq, created: seq };
    return foldEvents([{ id: String(seq), type: 'MessageSent', data, metadata: { schemaVersion: 1 }, ...place }]).batch;
  }
`;

/** Applies messages until a file may not grow any more, then gets more room and applies the refused one again. */
const writerWithoutRoom = `
  import { execFileSync } from 'node:child_process';
  ${imports}
  let seq = 1;
  const apply = () => model.apply(batchOf(seq), { after: seq - 1, position: seq });
  for (let refusal; refusal === undefined; ) {
    await apply().then(() => (seq += 1), (error) => (refusal = error));
    if (refusal !== undefined) process.stdout.write('refused by ' + refusal.name);
  }
  const checkpoint = await model.checkpoint();
  execFileSync('prlimit', ['--pid', String(process.pid), '--fsize=unlimited:unlimited']);
  await apply();
  const found = await model.messages({ conversation: 'dm~a~b', limit: 1e6 });
  const whole = checkpoint === seq - 1 && found.length === seq && (await model.checkpoint()) === seq;
  process.stdout.write(whole ? ', then whole\\n' : ', then broken\\n');
`;

/** Applies one message after the other and writes the position of each. */
const endlessWriter = `
  ${imports}
  for (let seq = 1; ; seq += 1) {
    await model.apply(batchOf(seq), { after: seq - 1, position: seq });
    process.stdout.write(seq + '\\n');
  }
`;
