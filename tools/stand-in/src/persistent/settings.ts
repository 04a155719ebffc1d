import { z } from 'zod';

export const allStream = '$all';

export const strategyNames = ['RoundRobin', 'DispatchToSingle', 'Pinned', 'PinnedByCorrelation'] as const;

/** A group as it is kept in the log. Names and units are those of EventStoreDB's own configuration. */
const groupConfig = z.object({
  /** `$all` for the whole log. */
  stream: z.string(),
  group: z.string(),
  filter: z.object({ on: z.enum(['stream', 'type']), regex: z.string(), prefixes: z.array(z.string()) }).nullable(),
  resolveLinkTos: z.boolean(),
  extraStatistics: z.boolean(),
  /** Milliseconds until an event that is not acked is sent again; 0: never. */
  messageTimeout: z.number(),
  maxRetryCount: z.number(),
  /** Milliseconds from one checkpoint to the next, where few events are acked; 0: never by time. */
  checkPointAfter: z.number(),
  minCheckPointCount: z.number(),
  maxCheckPointCount: z.number(),
  /** 0: as many as come. */
  maxSubscriberCount: z.number(),
  liveBufferSize: z.number(),
  readBatchSize: z.number(),
  historyBufferSize: z.number(),
  namedConsumerStrategy: z.enum(strategyNames),
  /** The first revision or position to be sent; null: only what comes after. */
  startFrom: z.number().nullable(),
});

export type GroupConfig = z.infer<typeof groupConfig>;

export const groupConfigs = z.object({ version: z.literal('2'), entries: z.array(groupConfig) });

/** How a group is named in its own streams and towards its consumers. */
export function groupKey({ stream, group }: Pick<GroupConfig, 'stream' | 'group'>): string {
  return `${stream}::${group}`;
}
