import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import { LRUCache } from 'lru-cache';
import type { ExpectedRevision } from '../event-store.ts';
import type { CommitAppend, CommitOutcome } from './commit-protocol.ts';
import { appendChecksum, appendColumns } from './schema.ts';
import type { LogReader } from './log-reader.ts';

/** Streams whose newest revision is kept in memory. */
const knownStreams = 200_000;

/** The one writer of a log, synchronous. */
export interface LogWriter {
  /** Writes all appends in one transaction and returns once they are durable. Throws where nothing was written. */
  commit(appends: readonly CommitAppend[]): CommitOutcome[];
}

export function createLogWriter(db: DatabaseSyncInstance, reader: LogReader): LogWriter {
  const begin = db.prepare('BEGIN IMMEDIATE');
  const end = db.prepare('COMMIT');
  const insert = db.prepare(`INSERT INTO append (${appendColumns}) VALUES (?, ?, ?, ?, ?, ?, ?)`);
  const newest = db.prepare('SELECT max(revision) AS revision FROM append WHERE stream = ?');
  const heads = new LRUCache<string, number>({ max: knownStreams });
  let lastPosition = reader.lastPosition();

  /** Newest revision of a stream, -1 where there is none. */
  function headOf(stream: string): number {
    const known = heads.get(stream);
    if (known !== undefined) return known;
    const row = newest.get(stream) as { revision: number | null };
    return row.revision ?? -1;
  }

  function write(append: CommitAppend): CommitOutcome {
    const { stream, expected, ids, events, created } = append;
    const head = headOf(stream);
    const from = expected === 'no_stream' ? -1 : expected;
    if (head !== from) {
      if (head > from && isRepeat(append, from)) return { kind: 'repeated' };
      return { kind: 'wrong', actual: asExpected(head) };
    }
    const count = ids.length;
    const row = { position: lastPosition + count, stream, revision: head + count, count, created, events };
    insert.run(row.position, stream, row.revision, count, created, events, appendChecksum(row));
    lastPosition = row.position;
    heads.set(stream, row.revision);
    return row.position;
  }

  /** True where exactly these events stand behind the expected revision: an append whose answer was lost. */
  function isRepeat({ stream, ids }: CommitAppend, from: number): boolean {
    const stored = reader.readStream(stream, { direction: 'forwards', fromRevision: from + 1, maxCount: ids.length });
    return stored.length === ids.length && stored.every((event, index) => event.id === ids[index]);
  }

  return {
    commit(appends) {
      const before = lastPosition;
      begin.run();
      try {
        const outcomes = appends.map(write);
        end.run();
        return outcomes;
      } catch (error) {
        lastPosition = before;
        for (const { stream } of appends) heads.delete(stream);
        if (db.isTransaction) db.exec('ROLLBACK');
        throw error;
      }
    },
  };
}

function asExpected(head: number): ExpectedRevision {
  return head === -1 ? 'no_stream' : head;
}
