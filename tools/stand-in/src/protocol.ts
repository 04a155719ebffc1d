import {
  batchAppend,
  bool,
  consume,
  Empty,
  FilterOptions,
  int32,
  int64,
  many,
  message,
  methodOf,
  one,
  optional,
  Position,
  ProposedMessage,
  read,
  StreamIdentifier,
  StreamOptions,
  text,
  uint32,
  uint64,
  WrongExpectedVersion,
} from 'weiliao/eventstoredb-protocol';
import type { Infer } from 'weiliao/eventstoredb-protocol';

/**
 * What EventStoreDB's protocol has beyond what weiliao's adapter uses of it. A test compares it with the server's own
 * .proto files.
 */

/** The stream of a write, and where it must be. */
const WriteOptions = message({
  streamIdentifier: one(1, StreamIdentifier),
  revision: optional(uint64(2)),
  noStream: one(3, Empty),
  any: one(4, Empty),
  streamExists: one(5, Empty),
});
export type WriteOptions = Infer<typeof WriteOptions>;

export const AppendReq = message({ options: one(1, WriteOptions), proposedMessage: one(2, ProposedMessage) });
export type AppendReq = Infer<typeof AppendReq>;

/** Of the append whose answer is not a status; a batch append's has other numbers. */
const WrongVersion = message({
  currentRevision: optional(uint64(6)),
  currentNoStream: one(7, Empty),
  expectedRevision: optional(uint64(8)),
  expectedAny: one(9, Empty),
  expectedStreamExists: one(10, Empty),
  expectedNoStream: one(11, Empty),
});
export type WrongVersion = Infer<typeof WrongVersion>;

export const AppendResp = message({
  success: one(
    1,
    message({
      currentRevision: optional(uint64(1)),
      noStream: one(2, Empty),
      position: one(3, Position),
      noPosition: one(4, Empty),
    }),
  ),
  wrongExpectedVersion: one(2, WrongVersion),
});
export type AppendResp = Infer<typeof AppendResp>;

/** Of a stream: `Delete` and `Tombstone` are the same in form. */
export const RemoveReq = message({ options: one(1, WriteOptions) });
export type RemoveReq = Infer<typeof RemoveReq>;
export const RemoveResp = message({ position: one(1, Position), noPosition: one(2, Empty) });
export type RemoveResp = Infer<typeof RemoveResp>;

/** What a status may have in its details, by the names that it gives them. */
export const details = {
  AccessDenied: Empty,
  BadRequest: message({ message: text(1) }),
  MaximumAppendSizeExceeded: message({ maxAppendSize: uint32(1) }),
  StreamDeleted: message({ streamIdentifier: one(1, StreamIdentifier) }),
  Timeout: Empty,
  WrongExpectedVersion,
};

export const streams = {
  read,
  append: methodOf('/event_store.client.streams.Streams/Append', [AppendReq, AppendResp], { requestStream: true }),
  delete: methodOf('/event_store.client.streams.Streams/Delete', [RemoveReq, RemoveResp]),
  tombstone: methodOf('/event_store.client.streams.Streams/Tombstone', [RemoveReq, RemoveResp]),
  batchAppend,
};

/** `consumerStrategy` and a filter: when a group is made, and never after. */
const Settings = message({
  resolveLinks: bool(1),
  revision: uint64(2),
  extraStatistics: bool(3),
  messageTimeoutTicks: int64(4),
  maxRetryCount: int32(5),
  checkpointAfterTicks: int64(6),
  minCheckpointCount: int32(7),
  maxCheckpointCount: int32(8),
  maxSubscriberCount: int32(9),
  liveBufferSize: int32(10),
  readBatchSize: int32(11),
  historyBufferSize: int32(12),
  namedConsumerStrategy: int32(13),
  messageTimeoutMs: optional(int32(14)),
  checkpointAfterMs: optional(int32(15)),
  consumerStrategy: text(16),
});
export type Settings = Infer<typeof Settings>;

const AllOptions = message({
  position: one(1, Position),
  start: one(2, Empty),
  end: one(3, Empty),
  filter: one(4, FilterOptions),
  noFilter: one(5, Empty),
});
export type AllOptions = Infer<typeof AllOptions>;

const GroupOptions = message({
  streamIdentifier: one(1, StreamIdentifier),
  groupName: text(2),
  settings: one(3, Settings),
  stream: one(4, StreamOptions),
  all: one(5, AllOptions),
});
export type GroupOptions = Infer<typeof GroupOptions>;

/** `Create`, and `Update`, which lacks some of it. */
export const GroupReq = message({ options: one(1, GroupOptions) });
export type GroupReq = Infer<typeof GroupReq>;

export const DeleteReq = message({
  options: one(1, message({ streamIdentifier: one(1, StreamIdentifier), groupName: text(2), all: one(3, Empty) })),
});
export type DeleteReq = Infer<typeof DeleteReq>;

export const GetInfoReq = message({
  options: one(1, message({ streamIdentifier: one(1, StreamIdentifier), all: one(2, Empty), groupName: text(3) })),
});
export type GetInfoReq = Infer<typeof GetInfoReq>;

const ReplayParkedOptions = message({
  groupName: text(1),
  streamIdentifier: one(2, StreamIdentifier),
  all: one(3, Empty),
  stopAt: optional(int64(4)),
  noLimit: one(5, Empty),
});
export type ReplayParkedOptions = Infer<typeof ReplayParkedOptions>;
export const ReplayParkedReq = message({ options: one(1, ReplayParkedOptions) });
export type ReplayParkedReq = Infer<typeof ReplayParkedReq>;

const ListedStream = message({ stream: one(1, StreamIdentifier), all: one(2, Empty) });
export type ListedStream = Infer<typeof ListedStream>;
export const ListReq = message({
  options: one(1, message({ listAllSubscriptions: one(1, Empty), listForStream: one(2, ListedStream) })),
});
export type ListReq = Infer<typeof ListReq>;

const ConnectionInfo = message({
  from: text(1),
  username: text(2),
  averageItemsPerSecond: int32(3),
  totalItems: int64(4),
  countSinceLastMeasurement: int64(5),
  observedMeasurements: many(6, message({ key: text(1), value: int64(2) })),
  availableSlots: int32(7),
  inFlightMessages: int32(8),
  connectionName: text(9),
});
export type ConnectionInfo = Infer<typeof ConnectionInfo>;

const SubscriptionInfo = message({
  eventSource: text(1),
  groupName: text(2),
  status: text(3),
  connections: many(4, ConnectionInfo),
  averagePerSecond: int32(5),
  totalItems: int64(6),
  countSinceLastMeasurement: int64(7),
  lastCheckpointedEventPosition: text(8),
  lastKnownEventPosition: text(9),
  resolveLinkTos: bool(10),
  startFrom: text(11),
  messageTimeoutMilliseconds: int32(12),
  extraStatistics: bool(13),
  maxRetryCount: int32(14),
  liveBufferSize: int32(15),
  bufferSize: int32(16),
  readBatchSize: int32(17),
  checkPointAfterMilliseconds: int32(18),
  minCheckPointCount: int32(19),
  maxCheckPointCount: int32(20),
  readBufferCount: int32(21),
  liveBufferCount: int64(22),
  retryBufferCount: int32(23),
  totalInFlightMessages: int32(24),
  outstandingMessagesCount: int32(25),
  namedConsumerStrategy: text(26),
  maxSubscriberCount: int32(27),
  parkedMessageCount: int64(28),
});
export type SubscriptionInfo = Infer<typeof SubscriptionInfo>;

export const GetInfoResp = message({ subscriptionInfo: one(1, SubscriptionInfo) });
export type GetInfoResp = Infer<typeof GetInfoResp>;
export const ListResp = message({ subscriptions: many(1, SubscriptionInfo) });
export type ListResp = Infer<typeof ListResp>;

const groups = '/event_store.client.persistent_subscriptions.PersistentSubscriptions';

export const persistentSubscriptions = {
  create: methodOf(`${groups}/Create`, [GroupReq, Empty]),
  update: methodOf(`${groups}/Update`, [GroupReq, Empty]),
  delete: methodOf(`${groups}/Delete`, [DeleteReq, Empty]),
  read: consume,
  getInfo: methodOf(`${groups}/GetInfo`, [GetInfoReq, GetInfoResp]),
  replayParked: methodOf(`${groups}/ReplayParked`, [ReplayParkedReq, Empty]),
  list: methodOf(`${groups}/List`, [ListReq, ListResp]),
  restartSubsystem: methodOf(`${groups}/RestartSubsystem`, [Empty, Empty]),
};
