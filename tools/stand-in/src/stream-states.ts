import { LRUCache } from 'lru-cache';
import type { EmbeddedLog } from 'weiliao/embedded-log';
import type { RecordedEvent } from 'weiliao/event-store';
import { isTombstone, toWire } from './stored-event.ts';
import { isMetadataStream, metadataStreamOf, originalStreamOf } from './stream-names.ts';

/** What is set for a stream. It hides events from reads of the stream, and from nothing else. */
export interface StreamMetadata {
  readonly maxCount?: number;
  readonly maxAgeMs?: number;
  /** First revision that is shown. */
  readonly truncateBefore?: number;
  /** Deleted, but not for good: the next append takes it up again. */
  readonly softDeleted?: true;
}

export interface StreamState {
  /** Newest revision, -1 where there is none. */
  readonly head: number;
  /** Deleted for good. */
  readonly tombstoned: boolean;
  readonly metadata: StreamMetadata;
  /** Newest revision of its metadata stream, -1 where there is none. */
  readonly metadataHead: number;
  /** JSON of the newest metadata. */
  readonly metadataText: string;
}

/** Streams whose state is kept in memory. */
const knownStreams = 100_000;

/** State of the streams, as committed. */
export interface StreamStates {
  of(stream: string): StreamState;
  /** Takes note of what was just written. */
  update(events: readonly RecordedEvent[]): void;
}

export function createStreamStates(reader: Pick<EmbeddedLog, 'readStream'>): StreamStates {
  const states = new LRUCache<string, StreamState>({ max: knownStreams });

  function newest(stream: string): RecordedEvent | undefined {
    return reader.readStream(stream, { direction: 'backwards', maxCount: 1 })[0];
  }

  function load(stream: string): StreamState {
    const last = newest(stream);
    const head = last?.revision ?? -1;
    if (isMetadataStream(stream)) {
      const tombstoned = of(originalStreamOf(stream)).tombstoned || (last !== undefined && isTombstone(last));
      return { head, tombstoned, metadata: { maxCount: 1 }, metadataHead: -1, metadataText: '' };
    }
    const set = newest(metadataStreamOf(stream));
    const text = set === undefined ? '' : Buffer.from(toWire(set).data).toString('utf8');
    const metadata = parseStreamMetadata(text);
    const tombstoned = last !== undefined && isTombstone(last);
    return { head, tombstoned, metadata, metadataHead: set?.revision ?? -1, metadataText: text };
  }

  function of(stream: string): StreamState {
    const known = states.get(stream);
    if (known !== undefined) return known;
    const state = load(stream);
    states.set(stream, state);
    return state;
  }

  return {
    of,
    update(events) {
      for (const event of events) {
        const { stream, revision } = event;
        const state = states.get(stream);
        if (isMetadataStream(stream)) states.delete(originalStreamOf(stream));
        if (isTombstone(event)) {
          states.delete(stream);
          states.delete(metadataStreamOf(stream));
        } else if (state !== undefined) {
          states.set(stream, { ...state, head: revision });
        }
      }
    },
  };
}

/** First revision that the metadata does not hide by its number. */
export function firstShown({ metadata: { maxCount, truncateBefore }, head }: StreamState): number {
  return Math.max(0, truncateBefore ?? 0, maxCount === undefined ? 0 : head - maxCount + 1);
}

export function isTooOld({ created }: RecordedEvent, { maxAgeMs }: StreamMetadata): boolean {
  return maxAgeMs !== undefined && created < Date.now() - maxAgeMs;
}

/** Whether a read of its stream gives the event. */
export function isShown(event: RecordedEvent, state: StreamState): boolean {
  if (state.tombstoned || state.metadata.softDeleted === true) return false;
  return event.revision >= firstShown(state) && !isTooOld(event, state.metadata);
}

/** What a soft delete sets: the highest revision there is. As a JavaScript number it is rounded up to 2^63. */
export const softDeleteText = '{"$tb":9223372036854775807}';
const highestRevision = 2 ** 63;

/** Metadata that cannot be read sets nothing. */
function parseStreamMetadata(text: string): StreamMetadata {
  const set = parseObject(text);
  const maxCount = wholeNumber(set['$maxCount'], 1);
  const maxAge = wholeNumber(set['$maxAge'], 1);
  const truncateBefore = wholeNumber(set['$tb'], 0);
  if (truncateBefore !== undefined && truncateBefore >= highestRevision) return { softDeleted: true };
  return {
    ...(maxCount !== undefined && { maxCount }),
    ...(maxAge !== undefined && { maxAgeMs: maxAge * 1_000 }),
    ...(truncateBefore !== undefined && { truncateBefore }),
  };
}

/** The same metadata, with the events before `revision` hidden: what takes up a deleted stream again. */
export function undeleteText(text: string, revision: number): string {
  return JSON.stringify({ ...parseObject(text), $tb: revision });
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
  } catch {
    return {};
  }
}

function wholeNumber(value: unknown, least: number): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= least ? value : undefined;
}
