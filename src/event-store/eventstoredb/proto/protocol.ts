import { bool, bytes, int32, int64, many, message, methodOf, one, optional, text, textMap, texts } from './message.ts';
import { uint32, uint64 } from './message.ts';
import type { Infer, Message } from './message.ts';

/**
 * What is used of EventStoreDB's protocol, for the adapter and for programs beside it that speak it too. A test compares
 * it with the server's own .proto files.
 */
export * from './message.ts';

export type Empty = Record<string, never>;
export const Empty: Message<Empty> = message({});

export const UUID = message({
  structured: one(1, message({ mostSignificantBits: int64(1), leastSignificantBits: int64(2) })),
  string: text(2),
});
export type UUID = Infer<typeof UUID>;

export const StreamIdentifier = message({ streamName: bytes(3) });
export type StreamIdentifier = Infer<typeof StreamIdentifier>;

export const Position = message({ commitPosition: uint64(1), preparePosition: uint64(2) });
export type Position = Infer<typeof Position>;

/** A place in a stream, or one of its ends. */
export const StreamOptions = message({
  streamIdentifier: one(1, StreamIdentifier),
  revision: optional(uint64(2)),
  start: one(3, Empty),
  end: one(4, Empty),
});

const Expression = message({ regex: text(1), prefix: texts(2) });
export const FilterOptions = message({
  streamIdentifier: one(1, Expression),
  eventType: one(2, Expression),
  max: optional(uint32(3)),
  count: one(4, Empty),
  checkpointIntervalMultiplier: uint32(5),
});
export type FilterOptions = Infer<typeof FilterOptions>;

/** In which form ids are wanted. */
const UUIDOption = message({ structured: one(1, Empty), string: one(2, Empty) });

export const directions = { forwards: 0, backwards: 1 } as const;

export const ReadOptions = message({
  stream: one(1, StreamOptions),
  all: one(2, message({ position: one(1, Position), start: one(2, Empty), end: one(3, Empty) })),
  readDirection: uint32(3),
  resolveLinks: bool(4),
  count: uint64(5),
  subscription: one(6, Empty),
  filter: one(7, FilterOptions),
  noFilter: one(8, Empty),
  uuidOption: one(9, UUIDOption),
});
export type ReadOptions = Infer<typeof ReadOptions>;

export const ReadReq = message({ options: one(1, ReadOptions) });
export type ReadReq = Infer<typeof ReadReq>;

export const RecordedMessage = message({
  id: one(1, UUID),
  streamIdentifier: one(2, StreamIdentifier),
  streamRevision: uint64(3),
  preparePosition: uint64(4),
  commitPosition: uint64(5),
  metadata: textMap(6),
  customMetadata: bytes(7),
  data: bytes(8),
});
export type RecordedMessage = Infer<typeof RecordedMessage>;

const readEvent = {
  event: one(1, RecordedMessage),
  link: one(2, RecordedMessage),
  commitPosition: uint64(3),
  noPosition: one(4, Empty),
};
const Confirmation = message({ subscriptionId: text(1) });

export const ReadResp = message({
  event: one(1, message(readEvent)),
  confirmation: one(2, Confirmation),
  checkpoint: one(3, Position),
  streamNotFound: one(4, message({ streamIdentifier: one(1, StreamIdentifier) })),
  caughtUp: one(8, Empty),
  fellBehind: one(9, Empty),
});
export type ReadResp = Infer<typeof ReadResp>;

export const ProposedMessage = message({
  id: one(1, UUID),
  metadata: textMap(2),
  customMetadata: bytes(3),
  data: bytes(4),
});
export type ProposedMessage = Infer<typeof ProposedMessage>;

export const BatchAppendOptions = message({
  streamIdentifier: one(1, StreamIdentifier),
  streamPosition: optional(uint64(2)),
  noStream: one(3, Empty),
  any: one(4, Empty),
  streamExists: one(5, Empty),
  deadline: one(6, message({ seconds: int64(1), nanos: int32(2) })),
});
export type BatchAppendOptions = Infer<typeof BatchAppendOptions>;

export const BatchAppendReq = message({
  correlationId: one(1, UUID),
  options: one(2, BatchAppendOptions),
  proposedMessages: many(3, ProposedMessage),
  isFinal: bool(4),
});
export type BatchAppendReq = Infer<typeof BatchAppendReq>;

/** `google.rpc.Status`. */
export const Status = message({
  code: int32(1),
  message: text(2),
  details: one(3, message({ type_url: text(1), value: bytes(2) })),
});
export type Status = Infer<typeof Status>;

export const BatchAppendResp = message({
  correlationId: one(1, UUID),
  error: one(2, Status),
  success: one(
    3,
    message({
      currentRevision: optional(uint64(1)),
      noStream: one(2, Empty),
      position: one(3, Position),
      noPosition: one(4, Empty),
    }),
  ),
  streamIdentifier: one(4, StreamIdentifier),
});
export type BatchAppendResp = Infer<typeof BatchAppendResp>;

/** Details of a `Status`. */
export const WrongExpectedVersion = message({
  currentStreamRevision: optional(uint64(1)),
  currentNoStream: one(2, Empty),
  expectedStreamPosition: uint64(3),
  expectedAny: one(4, Empty),
  expectedStreamExists: one(5, Empty),
  expectedNoStream: one(6, Empty),
});
export type WrongExpectedVersion = Infer<typeof WrongExpectedVersion>;

/** Of a persistent subscription's consumer, who begins with the options. */
export const ConsumerReq = message({
  options: one(
    1,
    message({
      streamIdentifier: one(1, StreamIdentifier),
      groupName: text(2),
      bufferSize: int32(3),
      uuidOption: one(4, UUIDOption),
      all: one(5, Empty),
    }),
  ),
  ack: one(2, message({ ids: many(2, UUID) })),
  nack: one(3, message({ ids: many(2, UUID), action: int32(3), reason: text(4) })),
});
export type ConsumerReq = Infer<typeof ConsumerReq>;

export const ConsumerResp = message({
  event: one(1, message({ ...readEvent, retryCount: int32(5) })),
  subscriptionConfirmation: one(2, Confirmation),
});

const streams = '/event_store.client.streams.Streams/';
const groups = '/event_store.client.persistent_subscriptions.PersistentSubscriptions/';
const bothWays = { requestStream: true, responseStream: true };

export const read = methodOf(`${streams}Read`, [ReadReq, ReadResp], { responseStream: true });
export const batchAppend = methodOf(`${streams}BatchAppend`, [BatchAppendReq, BatchAppendResp], bothWays);
export const consume = methodOf(`${groups}Read`, [ConsumerReq, ConsumerResp], bothWays);
