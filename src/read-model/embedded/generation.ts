import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { DatabaseSync } from '@photostructure/sqlite';
import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import type { Logger } from '../../logger.ts';
import {
  damageMark,
  generationPath,
  nextGeneration,
  olderGenerations,
  readPointer,
  removeDatabase,
  setAside,
  writePointer,
} from './files.ts';
import { createSchema, schemaVersion, userVersion } from './schema.ts';
import { isDamage } from './sqlite-errors.ts';

/** An open generation. */
export interface Generation {
  readonly number: number;
  readonly path: string;
  readonly db: DatabaseSyncInstance;
}

/** Why a generation cannot be used. */
type Fault = 'missing' | 'damaged' | 'of a newer version' | 'of an older version';

/**
 * `synchronous = NORMAL` in WAL mode: a killed process loses nothing, a power cut the newest batches, which the log
 * gives again. The default cache of 2 MB makes an insert five times as dear.
 */
const writerSettings = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  PRAGMA cache_size = -65536;
  PRAGMA wal_autocheckpoint = 4000;
  PRAGMA journal_size_limit = 67108864;
  PRAGMA cell_size_check = ON;
`;
const readerSettings = 'PRAGMA cache_size = -32768; PRAGMA cell_size_check = ON;';

/** Milliseconds to wait for another connection's lock, which nobody holds for long. */
const busyTimeout = 5_000;

/**
 * The generation in use, for its one writer. Where there is none, or one that cannot be used, an empty one is begun;
 * what cannot be used is set aside, what is of an older version deleted. Throws errors of SQLite and the file system.
 */
export function openForWriting(dataDir: string, log: Logger): Generation {
  mkdirSync(dataDir, { recursive: true });
  const number = readPointer(dataDir);
  const opened = number === undefined ? undefined : tryOpen(dataDir, number, { readOnly: false });
  if (opened !== undefined && typeof opened !== 'string') {
    removeUnused(dataDir, opened.number);
    return opened;
  }
  const path = number === undefined ? undefined : generationPath(dataDir, number);
  if (opened === 'damaged' || opened === 'of a newer version') setUnusableAside(path, opened, log);
  const begun = begin(dataDir);
  log.warn({ generation: begun.number, reason: opened ?? 'none was there' }, 'read model begun anew from the log');
  removeUnused(dataDir, begun.number);
  return begun;
}

function setUnusableAside(path: string | undefined, fault: Fault, log: Logger): void {
  if (path === undefined) return;
  log.error({ path, fault, keptAs: setAside(path) }, 'read model cannot be used, set aside');
}

/** The generation that the pointer names, to read it; undefined where there is none that can be read now. */
export function openForReading(dataDir: string): Generation | undefined {
  const number = readPointer(dataDir);
  if (number === undefined) return undefined;
  const opened = tryOpen(dataDir, number, { readOnly: true });
  return typeof opened === 'string' ? undefined : opened;
}

/** Deletes generations before `number` that nobody has open; the others are left to whoever closes them last. */
export function removeUnused(dataDir: string, number: number): void {
  for (const older of olderGenerations(dataDir, number)) removeIfUnused(generationPath(dataDir, older));
}

function begin(dataDir: string): Generation {
  const number = nextGeneration(dataDir);
  const path = generationPath(dataDir, number);
  removeDatabase(path);
  const db = new DatabaseSync(path, { timeout: busyTimeout });
  return closedOnError(db, () => {
    db.exec(writerSettings);
    createSchema(db);
    writePointer(dataDir, number);
    return { number, path, db };
  });
}

function tryOpen(dataDir: string, number: number, { readOnly }: { readOnly: boolean }): Generation | Fault {
  const path = generationPath(dataDir, number);
  if (!existsSync(path)) return 'missing';
  if (existsSync(damageMark(path))) return 'damaged';
  const db = new DatabaseSync(path, { readOnly, timeout: busyTimeout });
  try {
    return closedOnError(db, () => {
      const fault = faultOf(db);
      if (fault !== undefined) {
        db.close();
        return fault;
      }
      db.exec(readOnly ? readerSettings : writerSettings);
      return { number, path, db };
    });
  } catch (error) {
    if (isDamage(error)) return 'damaged';
    throw error;
  }
}

function faultOf(db: DatabaseSyncInstance): Fault | undefined {
  const version = userVersion(db);
  if (version > schemaVersion) return 'of a newer version';
  if (version === 0) return 'damaged';
  if (version < schemaVersion) return 'of an older version';
  const rows = db.prepare('SELECT count(*) AS count FROM state').get() as { count: number };
  return rows.count === 1 ? undefined : 'damaged';
}

function closedOnError<T>(db: DatabaseSyncInstance, use: () => T): T {
  try {
    return use();
  } catch (error) {
    if (db.isOpen) db.close();
    throw error;
  }
}

/** Leaving WAL mode needs every other connection gone, in this process or another: that is the test. */
function removeIfUnused(path: string): void {
  try {
    const db = new DatabaseSync(path, { timeout: 0 });
    try {
      const row = db.prepare('PRAGMA journal_mode = DELETE').get() as { journal_mode: string };
      if (row.journal_mode !== 'delete') return;
    } finally {
      db.close();
    }
    removeDatabase(path);
  } catch (error) {
    if (isDamage(error)) removeDatabase(path);
  }
  rmSync(damageMark(path), { force: true });
}
