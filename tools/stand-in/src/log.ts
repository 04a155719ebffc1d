import { openEmbeddedLog } from 'weiliao/embedded-log';
import type { RecordedEvent } from 'weiliao/event-store';
import { createBlocks } from './blocks.ts';
import { createCommittedIds } from './committed-ids.ts';
import { createStreamStates } from './stream-states.ts';
import type { StreamState } from './stream-states.ts';
import { createTail } from './tail.ts';
import { createWrites } from './writes.ts';
import type { Writes } from './writes.ts';

/** The embedded log, with EventStoreDB's rules of writing. Reads are synchronous and see what is committed. */
export interface Log extends Writes {
  stateOf(stream: string): StreamState;
  /** Events of a stream by revision, whatever its metadata hides. */
  readStream(stream: string, from: number, limit: number): readonly RecordedEvent[];
  readStreamBackwards(stream: string, from: number, limit: number): readonly RecordedEvent[];
  readAll(after: number, limit: number): readonly RecordedEvent[];
  readAllBackwards(before: number, limit: number): readonly RecordedEvent[];
  /** What a reader of the log shares with all others, while it is new. */
  shared(event: RecordedEvent): RecordedEvent;
  /** Whether what follows a position is in memory. */
  isRecent(position: number): boolean;
  lastPosition(): number;
  /** Calls after every commit until the returned function is called. */
  onWritten(listener: (events: readonly RecordedEvent[]) => void): () => void;
  /** Forgets the ids by which appends at `any` are recognised, as a restart does. */
  forgetIds(): void;
  close(): Promise<void>;
}

export interface LogOptions {
  readonly dataDir: string;
  /** The log can no longer be trusted or written: the process should end. */
  onFatal(error: Error): void;
}

/** Rejects with `OperatorError` where the folder cannot be used. */
export async function openLog({ dataDir, onFatal }: LogOptions): Promise<Log> {
  const listeners = new Set<(events: readonly RecordedEvent[]) => void>();
  const log = await openEmbeddedLog({ dataDir, onFatal, onWritten: note });
  const states = createStreamStates(log);
  const committed = createCommittedIds();
  let last = log.lastPosition();
  const tail = createTail(last);
  const blocks = createBlocks(log);
  const writes = createWrites({ log, states, find: committed.find, lastPosition: () => last });

  function note(events: readonly RecordedEvent[]): void {
    tail.push(events);
    states.update(events);
    committed.add(events);
    last = events.at(-1)?.position ?? last;
    for (const listener of listeners) listener(events);
  }

  return {
    ...writes,
    stateOf: (stream) => states.of(stream),
    readStream: (stream, fromRevision, maxCount) =>
      log.readStream(stream, { direction: 'forwards', fromRevision, maxCount }),
    readStreamBackwards: (stream, fromRevision, maxCount) =>
      log.readStream(stream, { direction: 'backwards', fromRevision, maxCount }),
    readAll: (after, limit) => tail.after(after, limit) ?? blocks.after(after, limit),
    readAllBackwards: (before, limit) => log.readAllBackwards(before, limit),
    shared: (event) => tail.at(event.position) ?? event,
    isRecent: (position) => tail.after(position, 0) !== undefined,
    lastPosition: () => last,
    onWritten(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    forgetIds: () => committed.clear(),
    close: () => log.close(),
  };
}
