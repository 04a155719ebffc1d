import type { EventStore, RecordedEvent } from '../event-store.ts';
import { openEmbeddedEventStore } from './embedded-event-store.ts';
import { createLogReader } from './log-reader.ts';
import type { LogReader } from './log-reader.ts';
import { openLogReader } from './schema.ts';

/**
 * The embedded log for a program of its own, which is its one writer: every stream, whoever it belongs to. Reads are
 * synchronous and see what is committed.
 */
export interface EmbeddedLog extends Omit<LogReader, 'lastOwnPosition' | 'eventAt'> {
  readonly appendToStream: EventStore['appendToStream'];
  close(): Promise<void>;
}

export interface EmbeddedLogOptions {
  readonly dataDir: string;
  /** The log can no longer be trusted or written: the process should end. */
  onFatal(error: Error): void;
  /** After each commit: what was written, in order. */
  onWritten(events: readonly RecordedEvent[]): void;
}

/** Rejects with `OperatorError` where the folder cannot be used. */
export async function openEmbeddedLog({ dataDir, onFatal, onWritten }: EmbeddedLogOptions): Promise<EmbeddedLog> {
  const store = await openEmbeddedEventStore({
    dataDir,
    onFatal,
    onCommit: (_appends, _position, events) => onWritten(events),
  });
  const db = openLogReader(dataDir);
  const { readStream, readAll, readAllBackwards, lastPosition } = createLogReader(db);
  return {
    appendToStream: store.appendToStream,
    readStream,
    readAll,
    readAllBackwards,
    lastPosition,
    async close() {
      await store.close();
      db.close();
    },
  };
}
