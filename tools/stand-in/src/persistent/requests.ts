import persistent from '@eventstore/db-client/generated/persistent_pb.js';
import type { CreateReq, UpdateReq } from '@eventstore/db-client/generated/persistent_pb.js';
import type { Empty, StreamIdentifier } from '@eventstore/db-client/generated/shared_pb.js';
import { createFilter } from '../filter.ts';
import { streamNameOf } from '../requests.ts';
import { groupFailed, invalid } from '../rpc-errors.ts';
import { allStream, strategyNames } from './settings.ts';
import type { GroupConfig } from './settings.ts';

/** The stream that a request is about. */
export function sourceNameOf(options: {
  getStreamIdentifier(): StreamIdentifier | undefined;
  getAll(): Empty | undefined;
}): string {
  return options.getAll() === undefined ? streamNameOf(options.getStreamIdentifier()) : allStream;
}

export function configOfCreate(request: CreateReq): GroupConfig {
  const options = request.getOptions();
  if (options === undefined) throw invalid('a request without options');
  return { ...baseOf(options), filter: filterOf(options) };
}

export function configOfUpdate(request: UpdateReq): Omit<GroupConfig, 'filter'> {
  const options = request.getOptions();
  if (options === undefined) throw invalid('a request without options');
  return baseOf(options);
}

type Options = CreateReq.Options | UpdateReq.Options;

function baseOf(options: Options): Omit<GroupConfig, 'filter'> {
  const settings = options.getSettings();
  if (settings === undefined) throw invalid('a request without settings');
  const stream = options.getAll() === undefined ? streamOf(options) : allStream;
  const group = options.getGroupName();
  return {
    stream,
    group,
    resolveLinkTos: settings.getResolveLinks(),
    extraStatistics: settings.getExtraStatistics(),
    messageTimeout: settings.hasMessageTimeoutMs()
      ? settings.getMessageTimeoutMs()
      : ticksToMs(settings.getMessageTimeoutTicks()),
    maxRetryCount: settings.getMaxRetryCount(),
    checkPointAfter: settings.hasCheckpointAfterMs()
      ? settings.getCheckpointAfterMs()
      : ticksToMs(settings.getCheckpointAfterTicks()),
    minCheckPointCount: settings.getMinCheckpointCount(),
    maxCheckPointCount: settings.getMaxCheckpointCount(),
    maxSubscriberCount: settings.getMaxSubscriberCount(),
    liveBufferSize: settings.getLiveBufferSize(),
    readBatchSize: settings.getReadBatchSize(),
    historyBufferSize: settings.getHistoryBufferSize(),
    namedConsumerStrategy: strategyOf(settings, stream, group),
    startFrom: startOf(options),
  };
}

function streamOf(options: Options): string {
  return streamNameOf(options.getStream()?.getStreamIdentifier() ?? options.getStreamIdentifier());
}

const strategies = persistent.CreateReq.ConsumerStrategy;
const enumNames = new Map<number, GroupConfig['namedConsumerStrategy']>([
  [strategies.DISPATCHTOSINGLE, 'DispatchToSingle'],
  [strategies.ROUNDROBIN, 'RoundRobin'],
  [strategies.PINNED, 'Pinned'],
]);

function strategyOf(
  settings: CreateReq.Settings | UpdateReq.Settings,
  stream: string,
  group: string,
): GroupConfig['namedConsumerStrategy'] {
  const named = 'getConsumerStrategy' in settings ? settings.getConsumerStrategy() : '';
  if (named === '') return enumNames.get(settings.getNamedConsumerStrategy()) ?? 'RoundRobin';
  const known = strategyNames.find((name) => name === named);
  if (known === undefined) throw groupFailed(stream, group, `Consumer strategy ${named} does not exist.`);
  return known;
}

/** Null for the end. */
function startOf(options: Options): number | null {
  const all = options.getAll();
  if (all !== undefined) return all.hasEnd() ? null : Number(all.getPosition()?.getCommitPosition() ?? 0);
  const stream = options.getStream();
  if (stream?.hasEnd() === true) return null;
  if (stream?.hasStart() === true) return 0;
  // Older clients, and the one for Node.js to this day, put it among the settings: the highest number is the end.
  const revision = stream?.getRevision() ?? options.getSettings()?.getRevision() ?? '0';
  return BigInt(revision) > BigInt(Number.MAX_SAFE_INTEGER) ? null : Number(revision);
}

function filterOf(options: CreateReq.Options): GroupConfig['filter'] {
  const filter = options.getAll()?.getFilter();
  if (filter === undefined) return null;
  const expression = filter.getEventType() ?? filter.getStreamIdentifier();
  if (expression === undefined) throw invalid('a filter of nothing');
  const on = filter.hasEventType() ? 'type' : 'stream';
  const asked = { on, regex: expression.getRegex(), prefixes: expression.getPrefixList() } as const;
  try {
    createFilter(asked);
  } catch (error) {
    throw invalid((error as Error).message);
  }
  return asked;
}

function ticksToMs(ticks: string): number {
  return Number(BigInt(ticks === '' ? 0 : ticks) / 10_000n);
}
