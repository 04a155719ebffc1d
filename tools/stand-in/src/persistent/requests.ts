import type { Empty, Long, StreamIdentifier } from 'weiliao/eventstoredb-protocol';
import { createFilter } from '../filter.ts';
import { streamNameOf, unsigned } from '../requests.ts';
import type { AllOptions, GroupOptions, GroupReq, Settings } from '../protocol.ts';
import { groupFailed, invalid } from '../rpc-errors.ts';
import { allStream, strategyNames } from './settings.ts';
import type { GroupConfig } from './settings.ts';

/** The stream that a request is about. */
export function sourceNameOf(options: {
  readonly streamIdentifier: StreamIdentifier | null;
  readonly all: Empty | AllOptions | null;
}): string {
  return options.all === null ? streamNameOf(options.streamIdentifier) : allStream;
}

export function configOfCreate({ options }: GroupReq): GroupConfig {
  if (options === null) throw invalid('a request without options');
  return { ...baseOf(options), filter: filterOf(options) };
}

export function configOfUpdate({ options }: GroupReq): Omit<GroupConfig, 'filter'> {
  if (options === null) throw invalid('a request without options');
  return baseOf(options);
}

function baseOf(options: GroupOptions): Omit<GroupConfig, 'filter'> {
  const { settings } = options;
  if (settings === null) throw invalid('a request without settings');
  const stream = options.all === null ? streamOf(options) : allStream;
  const group = options.groupName;
  return {
    stream,
    group,
    resolveLinkTos: settings.resolveLinks,
    extraStatistics: settings.extraStatistics,
    messageTimeout: settings.messageTimeoutMs ?? ticksToMs(settings.messageTimeoutTicks),
    maxRetryCount: settings.maxRetryCount,
    checkPointAfter: settings.checkpointAfterMs ?? ticksToMs(settings.checkpointAfterTicks),
    minCheckPointCount: settings.minCheckpointCount,
    maxCheckPointCount: settings.maxCheckpointCount,
    maxSubscriberCount: settings.maxSubscriberCount,
    liveBufferSize: settings.liveBufferSize,
    readBatchSize: settings.readBatchSize,
    historyBufferSize: settings.historyBufferSize,
    namedConsumerStrategy: strategyOf(settings, stream, group),
    startFrom: options.all === null ? startOfStream(options, settings) : startOfAll(options.all),
  };
}

function streamOf({ stream, streamIdentifier }: GroupOptions): string {
  return streamNameOf(stream?.streamIdentifier ?? streamIdentifier);
}

/** By number. */
const enumNames: readonly GroupConfig['namedConsumerStrategy'][] = ['DispatchToSingle', 'RoundRobin', 'Pinned'];

function strategyOf(settings: Settings, stream: string, group: string): GroupConfig['namedConsumerStrategy'] {
  const named = settings.consumerStrategy;
  if (named === '') return enumNames[settings.namedConsumerStrategy] ?? 'RoundRobin';
  const known = strategyNames.find((name) => name === named);
  if (known === undefined) throw groupFailed(stream, group, `Consumer strategy ${named} does not exist.`);
  return known;
}

/** Null for the end. */
function startOfAll(all: AllOptions): number | null {
  if (all.end !== null) return null;
  return all.position?.commitPosition.toNumber() ?? 0;
}

/** Null for the end. */
function startOfStream({ stream }: GroupOptions, settings: Settings): number | null {
  if (stream !== null && stream.end !== null) return null;
  if (stream !== null && stream.start !== null) return 0;
  // Older clients, and the one for Node.js to this day, put it among the settings: the highest number is the end.
  const revision = unsigned(stream?.revision ?? settings.revision);
  return revision > BigInt(Number.MAX_SAFE_INTEGER) ? null : Number(revision);
}

function filterOf({ all }: GroupOptions): GroupConfig['filter'] {
  const filter = all?.filter ?? null;
  if (filter === null) return null;
  const expression = filter.eventType ?? filter.streamIdentifier;
  if (expression === null) throw invalid('a filter of nothing');
  const on: 'type' | 'stream' = filter.eventType === null ? 'stream' : 'type';
  const asked = { on, regex: expression.regex, prefixes: [...expression.prefix] };
  try {
    createFilter(asked);
  } catch (error) {
    throw invalid((error as Error).message);
  }
  return asked;
}

function ticksToMs(ticks: Long): number {
  return Math.trunc(ticks.toNumber() / 10_000);
}
