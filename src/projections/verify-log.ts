import { conversationStreamPrefix } from '../domain/conversation/conversation-id.ts';
import { readConversationEvent } from '../domain/conversation/kinds.ts';
import type { EventStore, RecordedEvent } from '../event-store/event-store.ts';
import { ownPrefixes } from '../event-store/own-streams.ts';
import { hashOf } from '../event-store/stream-hash.ts';
import type { Difference } from './compare.ts';
import { readable, UnreadableEventError } from './fold.ts';

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
  seq: number;
}

/**
 * Reads the log through and yields what is wrong in it: positions that do not grow, revisions and seqs with a gap or a
 * repeat, events that cannot be read.
 *
 * The end of each stream has to be remembered. Where there are more streams than `maxStreams`, half of them are
 * forgotten again and checked in a further pass over the log, and so on: memory stays bounded, time grows.
 */
export async function* checkLog(check: LogCheck): AsyncGenerator<Difference> {
  const { maxStreams = 1_000_000, onProgress } = check;
  /** Where in the log the first pass forgot half of its streams, each time. */
  const forgotAt: number[] = [];
  const passes = (): number => 2 ** forgotAt.length;
  /** What the first pass checked before it forgot the stream, and told. */
  const wasTold = ({ stream, position }: RecordedEvent): boolean =>
    hashOf(stream) % 2 ** forgotAt.filter((forgot) => forgot < position).length === 0;

  for (let pass = 0; pass < passes(); pass += 1) {
    const ends = new Map<string, StreamEnd>();
    let last = 0;
    for await (const event of eventsOf(check)) {
      if (pass === 0) {
        if (event.position <= last) yield difference('position', event, `above ${last}`, event.position);
        last = event.position;
        onProgress?.(last);
      }
      if (hashOf(event.stream) % passes() !== pass) continue;
      for (const found of checkEvent(event, ends)) if (pass === 0 || !wasTold(event)) yield found;
      if (pass > 0 || ends.size <= maxStreams) continue;
      forgotAt.push(event.position);
      for (const stream of ends.keys()) if (hashOf(stream) % passes() !== 0) ends.delete(stream);
    }
  }
}

async function* eventsOf({ store, upTo, signal }: LogCheck): AsyncGenerator<RecordedEvent> {
  for await (const { events, caughtUp } of store.subscribeToAll({ after: 0, prefixes: ownPrefixes, signal })) {
    for (const event of events) {
      if (event.position > upTo) return;
      yield event;
    }
    if (caughtUp) return;
  }
  signal.throwIfAborted();
}

function* checkEvent(event: RecordedEvent, ends: Map<string, StreamEnd>): Generator<Difference> {
  const { stream, revision, metadata } = event;
  const end = ends.get(stream) ?? { revision: -1, seq: 0 };
  ends.set(stream, end);
  if (revision !== end.revision + 1) yield difference('revision', event, end.revision + 1, revision);
  end.revision = revision;
  if (!stream.startsWith(conversationStreamPrefix)) return;
  try {
    const known = readable(event, readConversationEvent);
    if (known?.type === 'MessageSent') {
      const { seq } = known.data;
      if (seq !== end.seq + 1) yield difference('seq', event, end.seq + 1, seq);
      end.seq = seq;
    }
    const { lastSeq } = metadata;
    if (lastSeq !== undefined && lastSeq !== end.seq) yield difference('seq', event, end.seq, lastSeq);
  } catch (error) {
    if (!(error instanceof UnreadableEventError)) throw error;
    yield difference('unreadable', event, `a ${event.type} of version ${metadata.schemaVersion}`, error.message);
  }
}

function difference(
  kind: Difference['kind'],
  { stream, revision, position }: RecordedEvent,
  expected: unknown,
  actual: unknown,
): Difference {
  return { kind, where: `${stream} revision ${revision}, position ${position}`, expected, actual };
}
