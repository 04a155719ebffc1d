import streams from '@eventstore/db-client/generated/streams_pb.js';
import type { ReadReq } from '@eventstore/db-client/generated/streams_pb.js';
import { createFilter, isInAll } from './filter.ts';
import type { EventFilter } from './filter.ts';
import { resolve } from './link.ts';
import type { Log } from './log.ts';
import { readAll } from './read-all.ts';
import { pageSize, readStream } from './read-stream.ts';
import { streamNameOf, toRevision } from './requests.ts';
import { eventResponse, streamNotFoundResponse } from './responses.ts';
import { handlerFailed, invalid, invalidRead } from './rpc-errors.ts';
import { subscribeToAll } from './subscribe-to-all.ts';
import { subscribeToStream } from './subscribe-to-stream.ts';

type Options = ReadReq.Options;

const { BACKWARDS } = streams.ReadReq.Options.ReadDirection;

/** The answers to a read or a subscription, in order. Throws `RpcError`. */
export function answersTo(log: Log, request: ReadReq, signal: AbortSignal): AsyncIterable<Buffer> | Iterable<Buffer> {
  const options = request.getOptions();
  if (options?.getUuidOption() === undefined) throw invalid(' `uuidOption` is a required argument');
  if (options.hasStream())
    return options.hasSubscription() ? streamSubscription(log, options, signal) : streamEvents(log, options);
  if (options.hasAll())
    return options.hasSubscription() ? allSubscription(log, options, signal) : allEvents(log, options);
  throw invalid("'None' is not a valid stream option");
}

function* streamEvents(log: Log, options: Options): Generator<Buffer> {
  if (options.hasFilter()) throw invalid('a read of a stream takes no filter');
  const from = revisionOf(options) ?? 0;
  const maxCount = countOf(options);
  const stream = streamNameOf(options.getStream()?.getStreamIdentifier());
  const direction = options.getReadDirection() === BACKWARDS ? 'backwards' : 'forwards';
  if (maxCount === 0 || (direction === 'forwards' && from === 'end')) throw invalidRead();
  const pages = readStream(log, { stream, direction, from, maxCount });
  if (pages === undefined) yield streamNotFoundResponse(stream);
  for (const page of pages ?? [])
    for (const event of page) yield eventResponse(resolve(log, event, options.getResolveLinks()), usesBits(options));
}

function* allEvents(log: Log, options: Options): Generator<Buffer> {
  const direction = options.getReadDirection() === BACKWARDS ? 'backwards' : 'forwards';
  const from = positionOf(options) ?? 0;
  const maxCount = countOf(options);
  for (const page of readAll(log, { direction, from, maxCount, filter: filterOf(options) }))
    for (const event of page) yield eventResponse(resolve(log, event, options.getResolveLinks()), usesBits(options));
}

function streamSubscription(log: Log, options: Options, signal: AbortSignal): AsyncIterable<Buffer> {
  if (options.hasFilter()) throw invalid('a subscription to a stream takes no filter');
  if (options.getReadDirection() === BACKWARDS) throw invalid('a subscription reads forwards');
  return subscribeToStream(log, {
    stream: streamNameOf(options.getStream()?.getStreamIdentifier()),
    after: revisionOf(options) ?? -1,
    resolveLinks: options.getResolveLinks(),
    structuredIds: usesBits(options),
    signal,
  });
}

function allSubscription(log: Log, options: Options, signal: AbortSignal): AsyncIterable<Buffer> {
  if (options.getReadDirection() === BACKWARDS) throw invalid('a subscription reads forwards');
  const filter = options.getFilter();
  const window = filter?.hasMax() === true ? filter.getMax() : pageSize;
  const multiplier = filter?.getCheckpointintervalmultiplier() ?? 1;
  if (multiplier === 0) throw handlerFailed();
  return subscribeToAll(log, {
    after: positionOf(options) ?? 0,
    filter: filterOf(options),
    ...(filter !== undefined && { checkpoints: { window, interval: window * multiplier } }),
    resolveLinks: options.getResolveLinks(),
    structuredIds: usesBits(options),
    signal,
  });
}

function filterOf(options: Options): EventFilter {
  const filter = options.getFilter();
  if (filter === undefined) return isInAll;
  const on = filter.hasEventType() ? 'type' : 'stream';
  const expression = filter.getEventType() ?? filter.getStreamIdentifier();
  if (expression === undefined) throw invalid('a filter of nothing');
  try {
    return createFilter({ on, regex: expression.getRegex(), prefixes: expression.getPrefixList() });
  } catch (error) {
    throw invalid((error as Error).message);
  }
}

/** Undefined for the start. */
function revisionOf(options: Options): number | 'end' | undefined {
  const { RevisionOptionCase } = streams.ReadReq.Options.StreamOptions;
  const stream = options.getStream();
  switch (stream?.getRevisionOptionCase()) {
    case RevisionOptionCase.REVISION:
      return stream.getRevision() === end ? 'end' : Number(toRevision(stream.getRevision()));
    case RevisionOptionCase.END:
      return 'end';
    default:
      return undefined;
  }
}

/** Undefined for the start. */
function positionOf(options: Options): number | 'end' | undefined {
  const { AllOptionCase } = streams.ReadReq.Options.AllOptions;
  const all = options.getAll();
  switch (all?.getAllOptionCase()) {
    case AllOptionCase.POSITION:
      return positionNumber(all.getPosition()?.getCommitPosition() ?? '0');
    case AllOptionCase.END:
      return 'end';
    default:
      return undefined;
  }
}

/** The highest number of 64 bits stands for the end. */
const end = String(2n ** 64n - 1n);

function positionNumber(digits: string): number | 'end' {
  return digits === end ? 'end' : Number(digits);
}

function countOf(options: Options): number {
  return Math.min(Number(options.getCount()), Number.MAX_SAFE_INTEGER);
}

function usesBits(options: Options): boolean {
  return options.getUuidOption()?.hasStructured() === true;
}
