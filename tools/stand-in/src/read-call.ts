import { directions } from 'weiliao/eventstoredb-protocol';
import type { Long, ReadOptions, ReadReq } from 'weiliao/eventstoredb-protocol';
import { createFilter, isInAll } from './filter.ts';
import type { EventFilter } from './filter.ts';
import { resolve } from './link.ts';
import type { Log } from './log.ts';
import { readAll } from './read-all.ts';
import { pageSize, readStream } from './read-stream.ts';
import type { StreamRead } from './read-stream.ts';
import { highest, streamNameOf, toRevision, unsigned } from './requests.ts';
import { eventResponse, streamNotFoundResponse } from './responses.ts';
import { handlerFailed, invalid, invalidRead } from './rpc-errors.ts';
import { subscribeToAll } from './subscribe-to-all.ts';
import { subscribeToStream } from './subscribe-to-stream.ts';

type Answers = AsyncIterable<Buffer> | Iterable<Buffer>;

/** The answers to a read or a subscription, in order. Throws `RpcError`. */
export function answersTo(log: Log, { options }: ReadReq, signal: AbortSignal): Answers {
  if (options === null || options.uuidOption === null) throw invalid(' `uuidOption` is a required argument');
  const subscribes = options.subscription !== null;
  if (options.stream !== null)
    return subscribes ? streamSubscription(log, options, signal) : streamEvents(log, options);
  if (options.all !== null) return subscribes ? allSubscription(log, options, signal) : allEvents(log, options);
  throw invalid("'None' is not a valid stream option");
}

function* streamEvents(log: Log, options: ReadOptions): Generator<Buffer> {
  const read = streamReadOf(options);
  const pages = readStream(log, read);
  if (pages === undefined) yield streamNotFoundResponse(read.stream);
  for (const page of pages ?? [])
    for (const event of page) yield eventResponse(resolve(log, event, options.resolveLinks), usesBits(options));
}

function streamReadOf(options: ReadOptions): StreamRead {
  if (options.filter !== null) throw invalid('a read of a stream takes no filter');
  const from = revisionOf(options) ?? 0;
  const maxCount = countOf(options);
  const stream = streamNameOf(options.stream?.streamIdentifier);
  const direction = directionOf(options);
  if (maxCount === 0 || (direction === 'forwards' && from === 'end')) throw invalidRead();
  return { stream, direction, from, maxCount };
}

function* allEvents(log: Log, options: ReadOptions): Generator<Buffer> {
  const direction = directionOf(options);
  const from = positionOf(options) ?? 0;
  const maxCount = countOf(options);
  for (const page of readAll(log, { direction, from, maxCount, filter: filterOf(options) }))
    for (const event of page) yield eventResponse(resolve(log, event, options.resolveLinks), usesBits(options));
}

function streamSubscription(log: Log, options: ReadOptions, signal: AbortSignal): AsyncIterable<Buffer> {
  if (options.filter !== null) throw invalid('a subscription to a stream takes no filter');
  if (options.readDirection === directions.backwards) throw invalid('a subscription reads forwards');
  return subscribeToStream(log, {
    stream: streamNameOf(options.stream?.streamIdentifier),
    after: revisionOf(options) ?? -1,
    resolveLinks: options.resolveLinks,
    structuredIds: usesBits(options),
    signal,
  });
}

function allSubscription(log: Log, options: ReadOptions, signal: AbortSignal): AsyncIterable<Buffer> {
  if (options.readDirection === directions.backwards) throw invalid('a subscription reads forwards');
  const { filter } = options;
  const window = filter?.max ?? pageSize;
  const multiplier = filter?.checkpointIntervalMultiplier ?? 1;
  if (multiplier === 0) throw handlerFailed();
  return subscribeToAll(log, {
    after: positionOf(options) ?? 0,
    filter: filterOf(options),
    ...(filter !== null && { checkpoints: { window, interval: window * multiplier } }),
    resolveLinks: options.resolveLinks,
    structuredIds: usesBits(options),
    signal,
  });
}

function filterOf({ filter }: ReadOptions): EventFilter {
  if (filter === null) return isInAll;
  const on = filter.eventType === null ? 'stream' : 'type';
  const expression = filter.eventType ?? filter.streamIdentifier;
  if (expression === null) throw invalid('a filter of nothing');
  try {
    return createFilter({ on, regex: expression.regex, prefixes: expression.prefix });
  } catch (error) {
    throw invalid((error as Error).message);
  }
}

/** Undefined for the start. */
function revisionOf({ stream }: ReadOptions): number | 'end' | undefined {
  if (stream !== null && stream.end !== null) return 'end';
  const revision = stream?.revision ?? null;
  if (revision === null) return undefined;
  return isHighest(revision) ? 'end' : Number(toRevision(revision));
}

/** Undefined for the start. */
function positionOf({ all }: ReadOptions): number | 'end' | undefined {
  if (all !== null && all.end !== null) return 'end';
  const position = all?.position?.commitPosition;
  if (position === undefined) return undefined;
  return isHighest(position) ? 'end' : Number(unsigned(position));
}

function isHighest(bits: Long): boolean {
  return unsigned(bits) === highest;
}

function countOf({ count }: ReadOptions): number {
  return Math.min(Number(unsigned(count)), Number.MAX_SAFE_INTEGER);
}

function directionOf({ readDirection }: ReadOptions): StreamRead['direction'] {
  return readDirection === directions.backwards ? 'backwards' : 'forwards';
}

function usesBits({ uuidOption }: ReadOptions): boolean {
  return uuidOption !== null && uuidOption.structured !== null;
}
