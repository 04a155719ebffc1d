import { conversationOfStream } from '../domain/conversation/conversation-id.ts';
import { readConversationEvent } from '../domain/conversation/kinds.ts';
import { isOurStream, isReadable, passedRevision } from '../domain/passed-over.ts';
import { StreamDeletedError } from '../event-store/event-store.ts';
import type { EventStore, RecordedEvent } from '../event-store/event-store.ts';
import { ownPrefixes } from '../event-store/own-streams.ts';
import { hashOf } from '../event-store/stream-hash.ts';
import type { Difference } from './compare.ts';

export interface LogCheck {
  readonly store: EventStore;
  /** Position of the last event to check. */
  readonly upTo: number;
  readonly signal: AbortSignal;
  /** Most streams remembered at a time, default a million: about 200 MB. */
  readonly maxStreams?: number;
  readonly onProgress?: ((position: number) => void) | undefined;
}

interface StreamEnd {
  revision: number;
  /** Undefined behind an event that cannot be read and does not say it: the next one does. */
  seq: number | undefined;
  /** Events that cannot be read and are not passed over so far, by revision. */
  unreadable?: Map<number, Difference>;
}

/** EventStoreDB keeps what is set for a stream in a stream of its own. */
const metadataPrefix = '$$';
const prefixes = [...ownPrefixes, ...ownPrefixes.map((prefix) => metadataPrefix + prefix)];
/** Ends a stream that was deleted for good. */
const tombstone = '$streamDeleted';

/**
 * Reads the log through and yields what is wrong in it: positions that do not grow, revisions and seqs with a gap or a
 * repeat, events that cannot be read, streams that are not shown from their first event on.
 *
 * The end of each stream has to be remembered. Where there are more streams than `maxStreams`, half of them are
 * forgotten again and checked in a further pass over the log, and so on: memory stays bounded, time grows.
 */
export async function* checkLog(check: LogCheck): AsyncGenerator<Difference> {
  const streams = createStreamEnds(check.maxStreams ?? 1_000_000);
  const marked = new Set<string>();
  let last = 0;
  for await (const event of eventsOf(check, (stream) => marked.add(stream))) {
    const { position } = event;
    if (position <= last) yield difference('position', event, { expected: `above ${last}`, actual: position });
    last = position;
    check.onProgress?.(last);
    yield* streams.check(event);
  }
  for (const stream of marked) if (streams.mayHold(stream)) yield* checkBeginning(check, stream);
  yield* streams.end();
  for (let pass = 1; pass < streams.passes(); pass += 1) {
    streams.begin(pass);
    for await (const event of eventsOf(check)) yield* streams.check(event);
    yield* streams.end();
  }
}

/** The ends of those streams that the present pass over the log is about. */
function createStreamEnds(maxStreams: number) {
  /** Where in the log the first pass forgot half of its streams, each time. */
  const forgotAt: number[] = [];
  const passes = (): number => 2 ** forgotAt.length;
  /** What the first pass checked before it forgot the stream, and told. */
  const wasTold = ({ stream, position }: RecordedEvent): boolean =>
    hashOf(stream) % 2 ** forgotAt.filter((forgot) => forgot < position).length === 0;
  const ends = new Map<string, StreamEnd>();
  let pass = 0;

  function makeRoom(position: number): void {
    forgotAt.push(position);
    for (const stream of ends.keys()) if (hashOf(stream) % passes() !== 0) ends.delete(stream);
  }

  return {
    passes,
    /** False: the log has no event of it. */
    mayHold: (stream: string): boolean => ends.has(stream) || hashOf(stream) % passes() !== 0,
    begin(next: number): void {
      pass = next;
      ends.clear();
    },
    /** What was not passed over to the end. */
    *end(): Generator<Difference> {
      for (const { unreadable } of ends.values()) if (unreadable !== undefined) yield* unreadable.values();
    },
    *check(event: RecordedEvent): Generator<Difference> {
      if (hashOf(event.stream) % passes() !== pass) return;
      for (const found of checkEvent(event, ends)) if (pass === 0 || !wasTold(event)) yield found;
      if (pass === 0 && ends.size > maxStreams) makeRoom(event.position);
    },
  };
}

/** `onMarked`: told of each stream for which something was set, up to the log's very end. */
async function* eventsOf(
  { store, upTo, signal }: LogCheck,
  onMarked?: (stream: string) => void,
): AsyncGenerator<RecordedEvent> {
  for await (const { events, caughtUp } of store.subscribeToAll({ after: 0, prefixes, signal })) {
    for (const event of events) {
      if (event.stream.startsWith(metadataPrefix)) onMarked?.(event.stream.slice(metadataPrefix.length));
      else if (event.position <= upTo) yield event;
    }
    if (caughtUp) return;
  }
  signal.throwIfAborted();
}

/** What a read of the stream does not show is still in the log, until it is scavenged. */
async function* checkBeginning({ store }: LogCheck, stream: string): AsyncGenerator<Difference> {
  const actual = await beginningOf(store, stream);
  if (actual !== 0) yield { kind: 'cut', where: stream, expected: 'all of its events', actual };
}

async function beginningOf(store: EventStore, stream: string): Promise<number | string> {
  try {
    const [first] = await store.readStream(stream, { direction: 'forwards', maxCount: 1 });
    if (first === undefined) return 'none of them';
    return first.revision === 0 ? 0 : `those from revision ${first.revision} on`;
  } catch (error) {
    if (!(error instanceof StreamDeletedError)) throw error;
    return 'none of them';
  }
}

function* checkEvent(event: RecordedEvent, ends: Map<string, StreamEnd>): Generator<Difference> {
  const { stream, revision } = event;
  if (event.type === tombstone) {
    yield { kind: 'cut', where: stream, expected: 'all of its events', actual: 'deleted for good' };
    return;
  }
  const end = ends.get(stream) ?? { revision: -1, seq: 0 };
  ends.set(stream, end);
  const next = end.revision + 1;
  if (revision !== next) yield difference('revision', event, { expected: next, actual: revision });
  end.revision = revision;
  if (isOurStream(stream)) yield* checkContent(event, end);
}

function* checkContent(event: RecordedEvent, end: StreamEnd): Generator<Difference> {
  const { revision, metadata } = event;
  const passed = passedRevision(event);
  if (passed !== undefined) end.unreadable?.delete(passed);
  if (isReadable(event)) {
    if (conversationOfStream(event.stream) !== undefined) yield* checkSeqs(event, end);
    return;
  }
  const expected = `a ${event.type} of version ${metadata.schemaVersion}`;
  const found = difference('unreadable', event, { expected, actual: 'it cannot be read: what comes behind it waits' });
  (end.unreadable ??= new Map()).set(revision, found);
  end.seq = metadata.lastSeq;
}

function* checkSeqs(event: RecordedEvent, end: StreamEnd): Generator<Difference> {
  const known = readConversationEvent(event.type, event.metadata.schemaVersion, event.data);
  const { lastSeq } = event.metadata;
  if (known?.type === 'MessageSent') {
    const { seq } = known.data;
    const next = (end.seq ?? seq - 1) + 1;
    if (seq !== next) yield difference('seq', event, { expected: next, actual: seq });
    end.seq = seq;
  }
  end.seq ??= lastSeq;
  if (lastSeq !== undefined && lastSeq !== end.seq) {
    yield difference('seq', event, { expected: end.seq, actual: lastSeq });
  }
}

function difference(
  kind: Difference['kind'],
  { stream, revision, position }: RecordedEvent,
  found: Pick<Difference, 'expected' | 'actual'>,
): Difference {
  return { kind, where: `${stream} revision ${revision}, position ${position}`, ...found };
}
