import { randomUUID } from 'node:crypto';
import { openEmbeddedEventStore } from 'weiliao/embedded-log';
import { createLogReader } from 'weiliao/embedded-log';
import { openLogReader } from 'weiliao/embedded-log';
import type { EventData, RecordedEvent } from 'weiliao/event-store';
import { createBlocks } from './blocks.ts';
import { createCommittedIds } from './committed-ids.ts';
import { decide } from './decide.ts';
import type { Expected } from './decide.ts';
import { makeTombstone, toStored } from './stored-event.ts';
import { metadataStreamOf, originalStreamOf, isMetadataStream } from './stream-names.ts';
import { createStreamStates, isShown, softDeleteText, undeleteText } from './stream-states.ts';
import type { StreamState } from './stream-states.ts';
import { createTail } from './tail.ts';

export type WriteOutcome =
  /**
   * There now, or there already. `revision` -1: nothing was to be written, and there is no stream. Without `position`:
   * there already, and hidden by the stream's metadata.
   */
  | { readonly kind: 'written'; readonly revision: number; readonly position?: number }
  | { readonly kind: 'wrong'; readonly actual: number }
  | { readonly kind: 'deleted' };

/** The embedded log, with EventStoreDB's rules of writing. Reads are synchronous and see what is committed. */
export interface Log {
  /** Rejects with `EventStoreUnavailableError` where the outcome is unknown. */
  append(stream: string, events: readonly EventData[], expected: Expected): Promise<WriteOutcome>;
  /** `hard`: for good, the stream's name can never be used again. Rejects as `append` does. */
  remove(stream: string, expected: Expected, hard: boolean): Promise<WriteOutcome>;
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
  const store = await openEmbeddedEventStore({
    dataDir,
    onFatal,
    onCommit: (_appends, _position, events) => note(events),
  });
  const db = openLogReader(dataDir);
  const reader = createLogReader(db);
  const states = createStreamStates(reader);
  const committed = createCommittedIds();
  let last = reader.lastPosition();
  const tail = createTail(last);
  const blocks = createBlocks(reader);
  const turns = new Map<string, Promise<unknown>>();

  function note(events: readonly RecordedEvent[]): void {
    tail.push(events);
    states.update(events);
    committed.add(events);
    last = events.at(-1)?.position ?? last;
    for (const listener of listeners) listener(events);
  }

  /** One write at a time for a stream and its metadata: each is decided by what the one before left. */
  function inTurn<T>(stream: string, write: () => Promise<T>): Promise<T> {
    const key = originalStreamOf(stream);
    const turn = (turns.get(key) ?? Promise.resolve()).then(write);
    const over = turn.then(leave, leave);
    function leave(): void {
      if (turns.get(key) === over) turns.delete(key);
    }
    turns.set(key, over);
    return turn;
  }

  function decideOn(stream: string, expected: Expected, ids: readonly string[]): ReturnType<typeof decide> {
    const idAt = (revision: number): string | undefined => read(stream, revision)?.id;
    return decide({ stream, expected, ids }, { state: states.of(stream), idAt, find: committed.find });
  }

  function read(stream: string, revision: number): RecordedEvent | undefined {
    const [event] = reader.readStream(stream, { direction: 'forwards', fromRevision: revision, maxCount: 1 });
    return event?.revision === revision ? event : undefined;
  }

  async function write(stream: string, events: readonly EventData[]): Promise<WriteOutcome> {
    const { head } = states.of(stream);
    if (events.length === 0) return { kind: 'written', revision: head, position: last };
    const written = await store.appendToStream(stream, events, head === -1 ? 'no_stream' : head);
    return { kind: 'written', ...written };
  }

  async function setMetadata(stream: string, text: string): Promise<WriteOutcome> {
    const event = {
      id: randomUUID(),
      type: '$metadata',
      json: true,
      data: Buffer.from(text),
      metadata: Buffer.alloc(0),
    };
    return write(metadataStreamOf(stream), [toStored(event)]);
  }

  /** Takes a deleted stream up again: what was there before stays hidden. */
  async function undelete(stream: string, firstShown: number): Promise<void> {
    await setMetadata(stream, undeleteText(states.of(stream).metadataText, firstShown));
  }

  async function appendInTurn(stream: string, events: readonly EventData[], expected: Expected): Promise<WriteOutcome> {
    const ids = events.map(({ id }) => id);
    const decision = decideOn(stream, expected, ids);
    if (decision.kind === 'repeated') {
      const { revision } = decision;
      const event = read(stream, revision);
      const shown = event !== undefined && isShown(event, states.of(stream));
      return { kind: 'written', revision, ...(shown && { position: event.position }) };
    }
    if (decision.kind !== 'append') return decision;
    const original = originalStreamOf(stream);
    const { head, metadata } = states.of(original);
    const outcome = await write(stream, events);
    if (decision.undelete) await undelete(stream, head + 1);
    else if (isMetadataStream(stream) && metadata.softDeleted === true) await undelete(original, head + 1);
    return outcome;
  }

  async function removeInTurn(stream: string, expected: Expected, hard: boolean): Promise<WriteOutcome> {
    const id = randomUUID();
    const decision = decideOn(stream, expected, [id]);
    if (decision.kind === 'deleted' || decision.kind === 'wrong') return decision;
    if (hard) return write(stream, [makeTombstone(id)]);
    const { head, metadataHead } = states.of(stream);
    if (head < 0 && metadataHead < 0) return { kind: 'wrong', actual: -1 };
    return setMetadata(stream, softDeleteText);
  }

  return {
    append: (stream, events, expected) => inTurn(stream, () => appendInTurn(stream, events, expected)),
    remove: (stream, expected, hard) => inTurn(stream, () => removeInTurn(stream, expected, hard)),
    stateOf: (stream) => states.of(stream),
    readStream: (stream, fromRevision, maxCount) =>
      reader.readStream(stream, { direction: 'forwards', fromRevision, maxCount }),
    readStreamBackwards: (stream, fromRevision, maxCount) =>
      reader.readStream(stream, { direction: 'backwards', fromRevision, maxCount }),
    readAll: (after, limit) => tail.after(after, limit) ?? blocks.after(after, limit),
    readAllBackwards: (before, limit) => reader.readAllBackwards(before, limit),
    shared: (event) => tail.at(event.position) ?? event,
    isRecent: (position) => tail.after(position, 0) !== undefined,
    lastPosition: () => last,
    onWritten(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    forgetIds: () => committed.clear(),
    async close() {
      await store.close();
      db.close();
    },
  };
}
