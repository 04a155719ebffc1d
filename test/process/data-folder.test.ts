import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openOwnFile } from '../../src/shared/data-folder.ts';
import { warnOfWideFolder } from '../../src/process/safe-process.ts';
import { wireKeyOfFolder } from '../../src/process/wire-key.ts';
import { temporaryFolder } from '../support/folder.ts';
import { runProgram } from '../support/program.ts';
import { ownFolder, spawnServer, startServer } from '../support/server.ts';
import { until } from '../support/until.ts';

const names = [
  'log.db',
  'log.db-wal',
  'log.db-shm',
  'lock',
  'lock-journal',
  'running',
  'position.key',
  'read-model.current',
  'read-model-1.db',
  'read-model-1.db-wal',
  'read-model-1.db-shm',
];

function modeOf(path: string): string {
  return (statSync(path).mode & 0o777).toString(8);
}

/** A folder of data beside a file that is not of it. */
function folderBeside(): { readonly dataDir: string; readonly victim: string } {
  const folder = ownFolder();
  const [dataDir, victim] = [join(folder, 'data'), join(folder, 'victim')];
  mkdirSync(dataDir, { mode: 0o700 });
  writeFileSync(victim, 'of somebody else');
  return { dataDir, victim };
}

describe('a link in the place of a file', () => {
  test.each(names)('%s stops the start, and what it leads to stays as it is', async (name) => {
    const { dataDir, victim } = folderBeside();
    symlinkSync(victim, join(dataDir, name));
    const server = spawnServer({}, dataDir);
    expect((await server.exited).code).toBe(1);
    expect(server.errors).toBe(
      `weiliao: DATA_DIR: ${join(dataDir, name)} is a symbolic link; put the file itself there, or link the folder as a whole\n`,
    );
    expect(readFileSync(victim, 'utf8')).toBe('of somebody else');
    expect(readdirSync(dataDir)).toEqual([name]);
  });

  test('that leads nowhere stops the start, and nothing is made at its end', async () => {
    const { dataDir, victim } = folderBeside();
    symlinkSync(`${victim}-not-there`, join(dataDir, 'position.key'));
    const server = spawnServer({}, dataDir);
    expect((await server.exited).code).toBe(1);
    expect(server.errors).toContain('is a symbolic link');
    expect(readdirSync(join(dataDir, '..')).sort()).toEqual(['data', 'victim']);
  });

  test('stops a rebuild', async () => {
    const server = await startServer();
    await server.stop();
    const victim = join(ownFolder(), 'victim');
    symlinkSync(victim, join(server.dataDir, 'read-model.rebuild'));
    const { code, stderr } = await runProgram(['rebuild'], { DATA_DIR: server.dataDir });
    expect(code).toBe(3);
    expect(stderr).toContain('read-model.rebuild is a symbolic link');
  });

  test.each(['read', 'change', 'write', 'make'] as const)('is not opened to %s it', (use) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'victim'), 'of somebody else');
    symlinkSync(join(folder, 'victim'), join(folder, 'link'));
    expect(() => openOwnFile(join(folder, 'link'), use)).toThrow(use === 'make' ? 'EEXIST' : 'ELOOP');
    expect(readFileSync(join(folder, 'victim'), 'utf8')).toBe('of somebody else');
  });
});

test('a folder that is itself reached by a link is used', async () => {
  const { dataDir } = folderBeside();
  symlinkSync(dataDir, `${dataDir}-link`);
  const server = await startServer({}, `${dataDir}-link`);
  expect(readdirSync(dataDir)).toContain('log.db');
  expect((await server.stop()).code).toBe(0);
});

test('folder and files are for their owner alone', async () => {
  const server = await startServer({}, join(ownFolder(), 'not', 'there', 'yet'));
  await server.register('u');
  expect(modeOf(server.dataDir)).toBe('700');
  await until(() => existsSync(join(server.dataDir, 'read-model-1.db-wal')), 'there is a read model');
  const files = readdirSync(server.dataDir);
  expect(files).toEqual(expect.arrayContaining(['log.db', 'lock', 'running', 'position.key', 'read-model-1.db']));
  expect(files.map((name) => [name, modeOf(join(server.dataDir, name))])).toEqual(files.map((name) => [name, '600']));
});

test('so are those of a rebuild beside a server', async () => {
  const server = await startServer();
  await server.register('u');
  const { code } = await runProgram(['rebuild'], { DATA_DIR: server.dataDir });
  expect(code).toBe(0);
  const files = readdirSync(server.dataDir);
  expect(files).toContain('read-model-2.db');
  expect(files.filter((name) => modeOf(join(server.dataDir, name)) !== '600')).toEqual([]);
});

test('a folder that others may enter is told at the start', async () => {
  const dataDir = join(ownFolder(), 'wide');
  mkdirSync(dataDir);
  chmodSync(dataDir, 0o755);
  const server = await startServer({}, dataDir);
  expect(server.log.filter(({ level }) => level === 'warn')).toContainEqual(
    expect.objectContaining({ dataDir, mode: '755' }),
  );
  const own = await startServer();
  expect(own.log.filter(({ msg }) => msg.includes('DATA_DIR'))).toEqual([]);
});

test('a folder that is not there is nothing to warn of', () => {
  warnOfWideFolder(join(temporaryFolder(), 'none'), { warn: () => expect.unreachable() });
});

describe('the key of positions', () => {
  test('is made once', () => {
    const folder = join(temporaryFolder(), 'data');
    const key = wireKeyOfFolder(folder);
    expect(key).toHaveLength(statSync(join(folder, 'position.key')).size);
    expect(wireKeyOfFolder(folder)).toEqual(key);
  });

  test('that is not of its length is refused', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'position.key'), 'short');
    expect(() => wireKeyOfFolder(folder)).toThrow('is damaged');
  });

  test('that cannot be read is refused by its name', () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'position.key'));
    expect(() => wireKeyOfFolder(folder)).toThrow(/DATA_DIR: .*position\.key cannot be read/);
  });
});
