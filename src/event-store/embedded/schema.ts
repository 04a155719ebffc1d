import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { DatabaseSync } from '@photostructure/sqlite';
import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import { makeDataFolder } from '../../shared/data-folder.ts';
import { OperatorError } from '../../shared/errors.ts';
import { LogDamagedError } from '../event-store.ts';
import type { EventMetadata, RecordedEvent } from '../event-store.ts';

/** Shape of the file, kept in `user_version`. */
const logVersion = 1;

/**
 * One row an append: all its events are of one stream and were written together. `position` and `revision` are those
 * of its last event, so that the row that holds a given place is the first one at or above it.
 */
const createLog = `
  CREATE TABLE append (
    position INTEGER PRIMARY KEY,
    stream TEXT NOT NULL,
    revision INTEGER NOT NULL,
    count INTEGER NOT NULL,
    created INTEGER NOT NULL,
    events TEXT NOT NULL,
    crc INTEGER NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX append_by_stream ON append (stream, revision);
  PRAGMA user_version = ${logVersion};
`;

export interface AppendRow {
  readonly position: number;
  readonly stream: string;
  readonly revision: number;
  readonly count: number;
  readonly created: number;
  /** JSON: `[[id, type, data, metadata], …]`. */
  readonly events: string;
  readonly crc: number;
}

export const appendColumns = 'position, stream, revision, count, created, events, crc';

export function logPath(dataDir: string): string {
  return join(dataDir, 'log.db');
}

/** Checksum of a row: what a torn page or a changed bit cannot keep. */
export function appendChecksum(row: Omit<AppendRow, 'crc'>): number {
  return crc32(row.events, crc32(`${row.position} ${row.stream} ${row.revision} ${row.count} ${row.created}`));
}

type StoredEvent = [id: string, type: string, data: unknown, metadata: EventMetadata];

/** The events of a row. Throws `LogDamagedError` where the row is not what was written. */
export function decodeAppend(row: AppendRow): RecordedEvent[] {
  const { stream, position, revision, count, created } = row;
  if (appendChecksum(row) !== row.crc) {
    throw new LogDamagedError(`the log is damaged at position ${position} (${stream}): its checksum does not match`);
  }
  const stored = JSON.parse(row.events) as StoredEvent[];
  return stored.map(([id, type, data, metadata], index) => {
    const back = count - 1 - index;
    return { id, type, data, metadata, stream, revision: revision - back, position: position - back, created };
  });
}

/**
 * Opens the log for its one writer, making it where there is none. Throws `OperatorError` where the folder or the file
 * cannot be used, and where the file is of a newer program.
 */
export function openLogWriter(dataDir: string): DatabaseSyncInstance {
  const path = logPath(dataDir);
  return guardOpen(path, () => {
    makeDataFolder(dataDir);
    const db = new DatabaseSync(path, { timeout: 5_000 });
    db.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA wal_autocheckpoint = 0;
      PRAGMA cache_size = -65536;
      PRAGMA cell_size_check = ON;
    `);
    const version = userVersion(db);
    if (version === 0) db.exec(`BEGIN IMMEDIATE; ${createLog} COMMIT;`);
    else if (version !== logVersion)
      throw new OperatorError(`${path} is of version ${version}, this program knows ${logVersion}`);
    return db;
  });
}

/** Opens the log to read it beside its writer; the writer must have made it. */
export function openLogReader(dataDir: string): DatabaseSyncInstance {
  const path = logPath(dataDir);
  if (!existsSync(path)) throw new OperatorError(`${path}: there is no log here`);
  return guardOpen(path, () => {
    const db = new DatabaseSync(path, { readOnly: true, timeout: 5_000 });
    db.exec('PRAGMA cache_size = -16384; PRAGMA cell_size_check = ON;');
    const version = userVersion(db);
    if (version !== logVersion)
      throw new OperatorError(`${path} is of version ${version}, this program knows ${logVersion}`);
    return db;
  });
}

function userVersion(db: DatabaseSyncInstance): number {
  const row = db.prepare('PRAGMA user_version').get() as { user_version: number };
  return row.user_version;
}

function guardOpen(path: string, open: () => DatabaseSyncInstance): DatabaseSyncInstance {
  try {
    return open();
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    throw new OperatorError(`${path} cannot be opened: ${(error as Error).message}`, { cause: error });
  }
}

/** Rows checked at start. A torn write hits the end of the log, so the end is what is looked at. */
const tailRows = 256;

/** Throws `LogDamagedError` where the end of the log is not what was written. */
export function checkTail(db: DatabaseSyncInstance): void {
  const rows = db
    .prepare(`SELECT ${appendColumns} FROM append ORDER BY position DESC LIMIT ${tailRows}`)
    .all() as unknown as AppendRow[];
  const indexed = db.prepare('SELECT position FROM append WHERE stream = ? AND revision = ?');
  rows.forEach((row, index) => {
    decodeAppend(row);
    const older = rows[index + 1];
    if (older !== undefined && older.position !== row.position - row.count) {
      throw new LogDamagedError(
        `the log is damaged: positions ${older.position + 1} to ${row.position - row.count} are missing`,
      );
    }
    const found = indexed.get(row.stream, row.revision) as { position: number } | undefined;
    if (found?.position !== row.position) {
      throw new LogDamagedError(`the log is damaged: position ${row.position} is not in its index`);
    }
  });
}
