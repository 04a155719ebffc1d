import { existsSync, rmSync } from 'node:fs';
import { DatabaseSync } from '@photostructure/sqlite';
import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import { makeDataFolder } from '../../shared/data-folder.ts';
import type { Logger } from '../../shared/logger.ts';
import type { Checkpoint } from '../read-model.ts';
import { createCheckpointReader } from './checkpoint.ts';
import {
  damageMark,
  generationPath,
  makeDatabaseFile,
  nextGeneration,
  olderGenerations,
  readOnlyUri,
  readPointer,
  removeDatabase,
  setAside,
  writePointer,
} from './files.ts';
import { prepareRows } from './rows.ts';
import { createSchema, schemaVersion } from './schema.ts';
import { isDamage, isWrongSql } from './sqlite-errors.ts';

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
  makeDataFolder(dataDir);
  const number = readPointer(dataDir);
  const found = number === undefined ? 'missing' : inspect(generationPath(dataDir, number));
  if (number !== undefined && typeof found === 'object') return openFile(dataDir, number, { readOnly: false });
  if (number !== undefined && (found === 'damaged' || found === 'of a newer version')) {
    const path = generationPath(dataDir, number);
    log.error({ path, fault: found, keptAs: setAside(path) }, 'read model cannot be used, set aside');
  }
  const begun = begin(dataDir);
  if (number === undefined) log.info({ generation: begun.number }, 'read model begun');
  else log.warn({ generation: begun.number, reason: found }, 'read model begun anew: it is built from the whole log');
  return begun;
}

/** The generation that the pointer names, to read it; undefined where there is none that can be read now. */
export function openForReading(dataDir: string): Generation | undefined {
  const found = inspectLive(dataDir);
  return found && openFile(dataDir, found.number, { readOnly: true });
}

/** The generation that the pointer names, looked at and closed again; undefined where there is none that can be read. */
export function inspectLive(dataDir: string): { readonly number: number; readonly checkpoint: Checkpoint } | undefined {
  const number = readPointer(dataDir);
  const found = number === undefined ? undefined : inspect(generationPath(dataDir, number));
  return number === undefined || typeof found !== 'object' ? undefined : { number, checkpoint: found };
}

/** Deletes generations before `number` that nobody has open any more. */
export function removeUnused(dataDir: string, number: number): void {
  for (const older of olderGenerations(dataDir, number)) removeIfUnused(generationPath(dataDir, older));
}

function begin(dataDir: string): Generation {
  const number = nextGeneration(dataDir);
  const path = generationPath(dataDir, number);
  removeDatabase(path);
  makeDatabaseFile(path);
  const db = new DatabaseSync(path, { timeout: busyTimeout });
  return closedOnError(db, () => {
    db.exec(writerSettings);
    createSchema(db);
    writePointer(dataDir, number);
    return { number, path, db };
  });
}

function openFile(dataDir: string, number: number, { readOnly }: { readOnly: boolean }): Generation {
  const path = generationPath(dataDir, number);
  const db = new DatabaseSync(path, { readOnly, timeout: busyTimeout });
  return closedOnError(db, () => {
    db.exec(readOnly ? readerSettings : writerSettings);
    return { number, path, db };
  });
}

/**
 * The checkpoint of the database, or why it cannot be used. It is attached, as a detached file is closed at once, but a
 * closed connection only when its statements are collected.
 */
function inspect(path: string): Checkpoint | Fault {
  if (!existsSync(path)) return 'missing';
  if (existsSync(damageMark(path))) return 'damaged';
  const db = new DatabaseSync(':memory:', { timeout: busyTimeout });
  try {
    db.prepare('ATTACH ? AS looked_at').run(readOnlyUri(path));
    return lookAt(db, 'looked_at');
  } catch (error) {
    if (isDamage(error) || isWrongSql(error)) return 'damaged';
    throw error;
  } finally {
    if (db.location('looked_at') !== null) db.exec('DETACH looked_at');
    db.close();
  }
}

function lookAt(db: DatabaseSyncInstance, schema: string): Checkpoint | Fault {
  const version = prepareRows<[number]>(db, `PRAGMA ${schema}.user_version`).get()?.[0] ?? 0;
  if (version > schemaVersion) return 'of a newer version';
  if (version === 0) return 'damaged';
  if (version < schemaVersion) return 'of an older version';
  return createCheckpointReader(db, schema)() ?? 'damaged';
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
  const db = new DatabaseSync(path, { timeout: 0 });
  try {
    db.exec('PRAGMA journal_mode = DELETE');
  } catch (error) {
    if (!isDamage(error)) return;
  } finally {
    db.close();
  }
  removeDatabase(path);
  rmSync(damageMark(path), { force: true });
}
