import type {
  DatabaseSyncInstance as DatabaseSync,
  StatementSyncInstance as StatementSync,
} from '@photostructure/sqlite';
import type { ReadStreamOptions, RecordedEvent } from '../event-store.ts';
import { ownPrefixes } from '../own-streams.ts';
import { appendColumns, decodeAppend } from './schema.ts';
import type { AppendRow } from './schema.ts';

/** Rows read at a time from a stream; each holds one event or more. */
const rowsPerRead = 512;
/** Rows read at a time from the log: under load a row holds dozens of events, and what is over is read again. */
const rowsPerScan = 64;

/** Synchronous reads of the log over one connection. */
export interface LogReader {
  readStream(stream: string, options: ReadStreamOptions): RecordedEvent[];
  /** Events after a position whose stream begins with one of the prefixes, in order, at most `limit`. */
  readAll(after: number, prefixes: readonly string[], limit: number): RecordedEvent[];
  /** Events before a position, newest first, at most `limit`. */
  readAllBackwards(before: number, limit: number): RecordedEvent[];
  /** The event at exactly this position. */
  eventAt(position: number): RecordedEvent | undefined;
  /** Position of the newest event, of whatever stream. */
  lastPosition(): number;
  /** Position of the newest event of our own streams. */
  lastOwnPosition(): number;
}

export function createLogReader(db: DatabaseSync): LogReader {
  const last = db.prepare('SELECT max(position) AS position FROM append');
  const lastOwn = db.prepare(
    `SELECT position FROM append WHERE ${streamFilter(ownPrefixes)} ORDER BY position DESC LIMIT 1`,
  );
  const readAll = createForwardScan(db);
  return {
    readStream: createStreamRead(db),
    readAll,
    eventAt: (position) => readAll(position - 1, [], 1).find((event) => event.position === position),
    readAllBackwards: createBackwardScan(db),

    lastPosition() {
      const row = last.get() as { position: number | null };
      return row.position ?? 0;
    },

    lastOwnPosition() {
      const row = lastOwn.get(...boundsOf(ownPrefixes)) as { position: number } | undefined;
      return row?.position ?? 0;
    },
  };
}

function createStreamRead(db: DatabaseSync): LogReader['readStream'] {
  const forwards = db.prepare(
    `SELECT ${appendColumns} FROM append WHERE stream = ? AND revision >= ? ORDER BY revision LIMIT ?`,
  );
  const backwards = db.prepare(
    `SELECT ${appendColumns} FROM append WHERE stream = ? AND revision <= ? ORDER BY revision DESC LIMIT ?`,
  );
  const holding = db.prepare('SELECT min(revision) AS revision FROM append WHERE stream = ? AND revision >= ?');

  function readForwards(stream: string, from: number, maxCount: number): RecordedEvent[] {
    const rows = forwards.all(stream, from, Math.min(maxCount, rowsPerRead)) as unknown as AppendRow[];
    const events = rows.flatMap(decodeAppend).filter((event) => event.revision >= from);
    const newest = events.at(-1);
    if (events.length >= maxCount || newest === undefined || rows.length < rowsPerRead)
      return events.slice(0, maxCount);
    return [...events, ...readForwards(stream, newest.revision + 1, maxCount - events.length)];
  }

  function readBackwards(stream: string, from: number, maxCount: number): RecordedEvent[] {
    const holder = holding.get(stream, from) as { revision: number | null };
    const start = holder.revision ?? Number.MAX_SAFE_INTEGER;
    const rows = backwards.all(stream, start, Math.min(maxCount, rowsPerRead)) as unknown as AppendRow[];
    const events = rows.flatMap((row) => decodeAppend(row).reverse()).filter((event) => event.revision <= from);
    const oldest = events.at(-1);
    if (events.length >= maxCount || oldest === undefined || oldest.revision === 0) return events.slice(0, maxCount);
    if (rows.length < Math.min(maxCount, rowsPerRead)) return events;
    return [...events, ...readBackwards(stream, oldest.revision - 1, maxCount - events.length)];
  }

  return (stream, { direction, fromRevision, maxCount }) => {
    if (maxCount <= 0) return [];
    if (direction === 'forwards') return readForwards(stream, fromRevision ?? 0, maxCount);
    return readBackwards(stream, fromRevision ?? Number.MAX_SAFE_INTEGER, maxCount);
  };
}

function createForwardScan(db: DatabaseSync): LogReader['readAll'] {
  const scans = new Map<string, StatementSync>();

  function scan(prefixes: readonly string[]): StatementSync {
    const key = prefixes.join(' ');
    let statement = scans.get(key);
    if (statement === undefined) {
      statement = db.prepare(
        `SELECT ${appendColumns} FROM append WHERE position > ? AND ${streamFilter(prefixes)} ORDER BY position LIMIT ?`,
      );
      scans.set(key, statement);
    }
    return statement;
  }

  return (after, prefixes, limit) => {
    const bounds = boundsOf(prefixes);
    const events: RecordedEvent[] = [];
    for (let from = after; events.length < limit;) {
      const count = Math.min(limit - events.length, rowsPerScan);
      const rows = scan(prefixes).all(from, ...bounds, count) as unknown as AppendRow[];
      for (const event of rows.flatMap(decodeAppend)) {
        if (event.position > after && events.length < limit) events.push(event);
      }
      const last = rows.at(-1);
      if (last === undefined || rows.length < count) break;
      from = last.position;
    }
    return events;
  };
}

function createBackwardScan(db: DatabaseSync): LogReader['readAllBackwards'] {
  const backwards = db.prepare(
    `SELECT ${appendColumns} FROM append WHERE position <= ? ORDER BY position DESC LIMIT ?`,
  );
  const holding = db.prepare('SELECT min(position) AS position FROM append WHERE position >= ?');

  return (before, limit) => {
    const events: RecordedEvent[] = [];
    for (let from = before; from > 1 && events.length < limit; from = events.at(-1)?.position ?? 0) {
      const holder = holding.get(from - 1) as { position: number | null };
      const start = holder.position ?? Number.MAX_SAFE_INTEGER;
      const rows = backwards.all(start, Math.min(limit - events.length, rowsPerScan)) as unknown as AppendRow[];
      const found = rows.flatMap((row) => decodeAppend(row).reverse()).filter(({ position }) => position < from);
      if (found.length === 0) break;
      events.push(...found.slice(0, limit - events.length));
    }
    return events;
  };
}

/**
 * Rows whose stream begins with one of the prefixes, given as `boundsOf`. The plus keeps SQLite from going through the
 * index by stream, which is the whole log for every page.
 */
function streamFilter(prefixes: readonly string[]): string {
  return `(${prefixes.map(() => '(+stream >= ? AND +stream < ?)').join(' OR ') || 'TRUE'})`;
}

function boundsOf(prefixes: readonly string[]): string[] {
  return prefixes.flatMap((prefix) => [prefix, endOfPrefix(prefix)]);
}

/** The first text above every text with this prefix. */
function endOfPrefix(prefix: string): string {
  return prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);
}
