// Made by `npm run proto`: do not edit.
import { codecOf, define, methodOf, type Bytes, type Long } from '../codec.ts';
import * as client from './client.ts';

define('event_store.client.persistent_subscriptions', {
  CreateReq: {"fields":{"options":{"type":"Options","id":1}},"nested":{"AllOptions":{"oneofs":{"allOption":{"oneof":["position","start","end"]},"filterOption":{"oneof":["filter","noFilter"]}},"fields":{"position":{"type":"Position","id":1},"start":{"type":"event_store.client.Empty","id":2},"end":{"type":"event_store.client.Empty","id":3},"filter":{"type":"FilterOptions","id":4},"noFilter":{"type":"event_store.client.Empty","id":5}},"nested":{"FilterOptions":{"oneofs":{"filter":{"oneof":["streamIdentifier","eventType"]},"window":{"oneof":["max","count"]}},"fields":{"streamIdentifier":{"type":"Expression","id":1},"eventType":{"type":"Expression","id":2},"max":{"type":"uint32","id":3},"count":{"type":"event_store.client.Empty","id":4},"checkpointIntervalMultiplier":{"type":"uint32","id":5}},"nested":{"Expression":{"fields":{"regex":{"type":"string","id":1},"prefix":{"rule":"repeated","type":"string","id":2}}}}}}},"ConsumerStrategy":{"values":{"DISPATCHTOSINGLE":0,"ROUNDROBIN":1,"PINNED":2}},"Options":{"oneofs":{"streamOption":{"oneof":["stream","all"]}},"fields":{"stream":{"type":"StreamOptions","id":4},"all":{"type":"AllOptions","id":5},"streamIdentifier":{"type":"event_store.client.StreamIdentifier","id":1},"groupName":{"type":"string","id":2},"settings":{"type":"Settings","id":3}}},"Position":{"fields":{"commitPosition":{"type":"uint64","id":1},"preparePosition":{"type":"uint64","id":2}}},"Settings":{"oneofs":{"messageTimeout":{"oneof":["messageTimeoutTicks","messageTimeoutMs"]},"checkpointAfter":{"oneof":["checkpointAfterTicks","checkpointAfterMs"]}},"fields":{"resolveLinks":{"type":"bool","id":1},"revision":{"type":"uint64","id":2},"extraStatistics":{"type":"bool","id":3},"maxRetryCount":{"type":"int32","id":5},"minCheckpointCount":{"type":"int32","id":7},"maxCheckpointCount":{"type":"int32","id":8},"maxSubscriberCount":{"type":"int32","id":9},"liveBufferSize":{"type":"int32","id":10},"readBatchSize":{"type":"int32","id":11},"historyBufferSize":{"type":"int32","id":12},"namedConsumerStrategy":{"type":"ConsumerStrategy","id":13},"messageTimeoutTicks":{"type":"int64","id":4},"messageTimeoutMs":{"type":"int32","id":14},"checkpointAfterTicks":{"type":"int64","id":6},"checkpointAfterMs":{"type":"int32","id":15},"consumerStrategy":{"type":"string","id":16}}},"StreamOptions":{"oneofs":{"revisionOption":{"oneof":["revision","start","end"]}},"fields":{"streamIdentifier":{"type":"event_store.client.StreamIdentifier","id":1},"revision":{"type":"uint64","id":2},"start":{"type":"event_store.client.Empty","id":3},"end":{"type":"event_store.client.Empty","id":4}}}}},
  CreateResp: {"fields":{}},
  DeleteReq: {"fields":{"options":{"type":"Options","id":1}},"nested":{"Options":{"oneofs":{"streamOption":{"oneof":["streamIdentifier","all"]}},"fields":{"streamIdentifier":{"type":"event_store.client.StreamIdentifier","id":1},"all":{"type":"event_store.client.Empty","id":3},"groupName":{"type":"string","id":2}}}}},
  DeleteResp: {"fields":{}},
  GetInfoReq: {"fields":{"options":{"type":"Options","id":1}},"nested":{"Options":{"oneofs":{"streamOption":{"oneof":["streamIdentifier","all"]}},"fields":{"streamIdentifier":{"type":"event_store.client.StreamIdentifier","id":1},"all":{"type":"event_store.client.Empty","id":2},"groupName":{"type":"string","id":3}}}}},
  GetInfoResp: {"fields":{"subscriptionInfo":{"type":"SubscriptionInfo","id":1}}},
  ListReq: {"fields":{"options":{"type":"Options","id":1}},"nested":{"Options":{"oneofs":{"listOption":{"oneof":["listAllSubscriptions","listForStream"]}},"fields":{"listAllSubscriptions":{"type":"event_store.client.Empty","id":1},"listForStream":{"type":"StreamOption","id":2}}},"StreamOption":{"oneofs":{"streamOption":{"oneof":["stream","all"]}},"fields":{"stream":{"type":"event_store.client.StreamIdentifier","id":1},"all":{"type":"event_store.client.Empty","id":2}}}}},
  ListResp: {"fields":{"subscriptions":{"rule":"repeated","type":"SubscriptionInfo","id":1}}},
  ReadReq: {"oneofs":{"content":{"oneof":["options","ack","nack"]}},"fields":{"options":{"type":"Options","id":1},"ack":{"type":"Ack","id":2},"nack":{"type":"Nack","id":3}},"nested":{"Ack":{"fields":{"id":{"type":"bytes","id":1},"ids":{"rule":"repeated","type":"event_store.client.UUID","id":2}}},"Nack":{"fields":{"id":{"type":"bytes","id":1},"ids":{"rule":"repeated","type":"event_store.client.UUID","id":2},"action":{"type":"Action","id":3},"reason":{"type":"string","id":4}},"nested":{"Action":{"values":{"UNKNOWN":0,"PARK":1,"RETRY":2,"SKIP":3,"STOP":4}}}},"Options":{"oneofs":{"streamOption":{"oneof":["streamIdentifier","all"]}},"fields":{"streamIdentifier":{"type":"event_store.client.StreamIdentifier","id":1},"all":{"type":"event_store.client.Empty","id":5},"groupName":{"type":"string","id":2},"bufferSize":{"type":"int32","id":3},"uuidOption":{"type":"UUIDOption","id":4}},"nested":{"UUIDOption":{"oneofs":{"content":{"oneof":["structured","string"]}},"fields":{"structured":{"type":"event_store.client.Empty","id":1},"string":{"type":"event_store.client.Empty","id":2}}}}}}},
  ReadResp: {"oneofs":{"content":{"oneof":["event","subscriptionConfirmation"]}},"fields":{"event":{"type":"ReadEvent","id":1},"subscriptionConfirmation":{"type":"SubscriptionConfirmation","id":2}},"nested":{"ReadEvent":{"oneofs":{"position":{"oneof":["commitPosition","noPosition"]},"count":{"oneof":["retryCount","noRetryCount"]}},"fields":{"event":{"type":"RecordedEvent","id":1},"link":{"type":"RecordedEvent","id":2},"commitPosition":{"type":"uint64","id":3},"noPosition":{"type":"event_store.client.Empty","id":4},"retryCount":{"type":"int32","id":5},"noRetryCount":{"type":"event_store.client.Empty","id":6}},"nested":{"RecordedEvent":{"fields":{"id":{"type":"event_store.client.UUID","id":1},"streamIdentifier":{"type":"event_store.client.StreamIdentifier","id":2},"streamRevision":{"type":"uint64","id":3},"preparePosition":{"type":"uint64","id":4},"commitPosition":{"type":"uint64","id":5},"metadata":{"keyType":"string","type":"string","id":6},"customMetadata":{"type":"bytes","id":7},"data":{"type":"bytes","id":8}}}}},"SubscriptionConfirmation":{"fields":{"subscriptionId":{"type":"string","id":1}}}}},
  ReplayParkedReq: {"fields":{"options":{"type":"Options","id":1}},"nested":{"Options":{"oneofs":{"streamOption":{"oneof":["streamIdentifier","all"]},"stopAtOption":{"oneof":["stopAt","noLimit"]}},"fields":{"groupName":{"type":"string","id":1},"streamIdentifier":{"type":"event_store.client.StreamIdentifier","id":2},"all":{"type":"event_store.client.Empty","id":3},"stopAt":{"type":"int64","id":4},"noLimit":{"type":"event_store.client.Empty","id":5}}}}},
  ReplayParkedResp: {"fields":{}},
  SubscriptionInfo: {"fields":{"eventSource":{"type":"string","id":1},"groupName":{"type":"string","id":2},"status":{"type":"string","id":3},"connections":{"rule":"repeated","type":"ConnectionInfo","id":4},"averagePerSecond":{"type":"int32","id":5},"totalItems":{"type":"int64","id":6},"countSinceLastMeasurement":{"type":"int64","id":7},"lastCheckpointedEventPosition":{"type":"string","id":8},"lastKnownEventPosition":{"type":"string","id":9},"resolveLinkTos":{"type":"bool","id":10},"startFrom":{"type":"string","id":11},"messageTimeoutMilliseconds":{"type":"int32","id":12},"extraStatistics":{"type":"bool","id":13},"maxRetryCount":{"type":"int32","id":14},"liveBufferSize":{"type":"int32","id":15},"bufferSize":{"type":"int32","id":16},"readBatchSize":{"type":"int32","id":17},"checkPointAfterMilliseconds":{"type":"int32","id":18},"minCheckPointCount":{"type":"int32","id":19},"maxCheckPointCount":{"type":"int32","id":20},"readBufferCount":{"type":"int32","id":21},"liveBufferCount":{"type":"int64","id":22},"retryBufferCount":{"type":"int32","id":23},"totalInFlightMessages":{"type":"int32","id":24},"outstandingMessagesCount":{"type":"int32","id":25},"namedConsumerStrategy":{"type":"string","id":26},"maxSubscriberCount":{"type":"int32","id":27},"parkedMessageCount":{"type":"int64","id":28}},"nested":{"ConnectionInfo":{"fields":{"from":{"type":"string","id":1},"username":{"type":"string","id":2},"averageItemsPerSecond":{"type":"int32","id":3},"totalItems":{"type":"int64","id":4},"countSinceLastMeasurement":{"type":"int64","id":5},"observedMeasurements":{"rule":"repeated","type":"Measurement","id":6},"availableSlots":{"type":"int32","id":7},"inFlightMessages":{"type":"int32","id":8},"connectionName":{"type":"string","id":9}}},"Measurement":{"fields":{"key":{"type":"string","id":1},"value":{"type":"int64","id":2}}}}},
  UpdateReq: {"fields":{"options":{"type":"Options","id":1}},"nested":{"AllOptions":{"oneofs":{"allOption":{"oneof":["position","start","end"]}},"fields":{"position":{"type":"Position","id":1},"start":{"type":"event_store.client.Empty","id":2},"end":{"type":"event_store.client.Empty","id":3}}},"ConsumerStrategy":{"values":{"DISPATCHTOSINGLE":0,"ROUNDROBIN":1,"PINNED":2}},"Options":{"oneofs":{"streamOption":{"oneof":["stream","all"]}},"fields":{"stream":{"type":"StreamOptions","id":4},"all":{"type":"AllOptions","id":5},"streamIdentifier":{"type":"event_store.client.StreamIdentifier","id":1},"groupName":{"type":"string","id":2},"settings":{"type":"Settings","id":3}}},"Position":{"fields":{"commitPosition":{"type":"uint64","id":1},"preparePosition":{"type":"uint64","id":2}}},"Settings":{"oneofs":{"messageTimeout":{"oneof":["messageTimeoutTicks","messageTimeoutMs"]},"checkpointAfter":{"oneof":["checkpointAfterTicks","checkpointAfterMs"]}},"fields":{"resolveLinks":{"type":"bool","id":1},"revision":{"type":"uint64","id":2},"extraStatistics":{"type":"bool","id":3},"maxRetryCount":{"type":"int32","id":5},"minCheckpointCount":{"type":"int32","id":7},"maxCheckpointCount":{"type":"int32","id":8},"maxSubscriberCount":{"type":"int32","id":9},"liveBufferSize":{"type":"int32","id":10},"readBatchSize":{"type":"int32","id":11},"historyBufferSize":{"type":"int32","id":12},"namedConsumerStrategy":{"type":"ConsumerStrategy","id":13},"messageTimeoutTicks":{"type":"int64","id":4},"messageTimeoutMs":{"type":"int32","id":14},"checkpointAfterTicks":{"type":"int64","id":6},"checkpointAfterMs":{"type":"int32","id":15}}},"StreamOptions":{"oneofs":{"revisionOption":{"oneof":["revision","start","end"]}},"fields":{"streamIdentifier":{"type":"event_store.client.StreamIdentifier","id":1},"revision":{"type":"uint64","id":2},"start":{"type":"event_store.client.Empty","id":3},"end":{"type":"event_store.client.Empty","id":4}}}}},
  UpdateResp: {"fields":{}},
});

export interface CreateReq {
  readonly options: CreateReqOptions | null;
}
export const CreateReq = codecOf<CreateReq>('event_store.client.persistent_subscriptions.CreateReq');

export interface CreateReqAllOptions {
  readonly allOption?: 'position' | 'start' | 'end';
  readonly filterOption?: 'filter' | 'noFilter';
  readonly position: CreateReqPosition | null;
  readonly start: client.Empty | null;
  readonly end: client.Empty | null;
  readonly filter: CreateReqAllOptionsFilterOptions | null;
  readonly noFilter: client.Empty | null;
}

export interface CreateReqAllOptionsFilterOptions {
  readonly filter?: 'streamIdentifier' | 'eventType';
  readonly window?: 'max' | 'count';
  readonly streamIdentifier: CreateReqAllOptionsFilterOptionsExpression | null;
  readonly eventType: CreateReqAllOptionsFilterOptionsExpression | null;
  readonly max: number;
  readonly count: client.Empty | null;
  readonly checkpointIntervalMultiplier: number;
}

export interface CreateReqAllOptionsFilterOptionsExpression {
  readonly regex: string;
  readonly prefix: readonly string[];
}

export const CreateReqConsumerStrategy = { DISPATCHTOSINGLE: 0, ROUNDROBIN: 1, PINNED: 2 } as const;

export interface CreateReqOptions {
  readonly streamOption?: 'stream' | 'all';
  readonly stream: CreateReqStreamOptions | null;
  readonly all: CreateReqAllOptions | null;
  readonly streamIdentifier: client.StreamIdentifier | null;
  readonly groupName: string;
  readonly settings: CreateReqSettings | null;
}

export interface CreateReqPosition {
  readonly commitPosition: Long;
  readonly preparePosition: Long;
}

export interface CreateReqSettings {
  readonly messageTimeout?: 'messageTimeoutTicks' | 'messageTimeoutMs';
  readonly checkpointAfter?: 'checkpointAfterTicks' | 'checkpointAfterMs';
  readonly resolveLinks: boolean;
  readonly revision: Long;
  readonly extraStatistics: boolean;
  readonly maxRetryCount: number;
  readonly minCheckpointCount: number;
  readonly maxCheckpointCount: number;
  readonly maxSubscriberCount: number;
  readonly liveBufferSize: number;
  readonly readBatchSize: number;
  readonly historyBufferSize: number;
  readonly namedConsumerStrategy: number;
  readonly messageTimeoutTicks: Long;
  readonly messageTimeoutMs: number;
  readonly checkpointAfterTicks: Long;
  readonly checkpointAfterMs: number;
  readonly consumerStrategy: string;
}

export interface CreateReqStreamOptions {
  readonly revisionOption?: 'revision' | 'start' | 'end';
  readonly streamIdentifier: client.StreamIdentifier | null;
  readonly revision: Long;
  readonly start: client.Empty | null;
  readonly end: client.Empty | null;
}

export type CreateResp = Record<string, never>;
export const CreateResp = codecOf<CreateResp>('event_store.client.persistent_subscriptions.CreateResp');

export interface DeleteReq {
  readonly options: DeleteReqOptions | null;
}
export const DeleteReq = codecOf<DeleteReq>('event_store.client.persistent_subscriptions.DeleteReq');

export interface DeleteReqOptions {
  readonly streamOption?: 'streamIdentifier' | 'all';
  readonly streamIdentifier: client.StreamIdentifier | null;
  readonly all: client.Empty | null;
  readonly groupName: string;
}

export type DeleteResp = Record<string, never>;
export const DeleteResp = codecOf<DeleteResp>('event_store.client.persistent_subscriptions.DeleteResp');

export interface GetInfoReq {
  readonly options: GetInfoReqOptions | null;
}
export const GetInfoReq = codecOf<GetInfoReq>('event_store.client.persistent_subscriptions.GetInfoReq');

export interface GetInfoReqOptions {
  readonly streamOption?: 'streamIdentifier' | 'all';
  readonly streamIdentifier: client.StreamIdentifier | null;
  readonly all: client.Empty | null;
  readonly groupName: string;
}

export interface GetInfoResp {
  readonly subscriptionInfo: SubscriptionInfo | null;
}
export const GetInfoResp = codecOf<GetInfoResp>('event_store.client.persistent_subscriptions.GetInfoResp');

export interface ListReq {
  readonly options: ListReqOptions | null;
}
export const ListReq = codecOf<ListReq>('event_store.client.persistent_subscriptions.ListReq');

export interface ListReqOptions {
  readonly listOption?: 'listAllSubscriptions' | 'listForStream';
  readonly listAllSubscriptions: client.Empty | null;
  readonly listForStream: ListReqStreamOption | null;
}

export interface ListReqStreamOption {
  readonly streamOption?: 'stream' | 'all';
  readonly stream: client.StreamIdentifier | null;
  readonly all: client.Empty | null;
}

export interface ListResp {
  readonly subscriptions: readonly SubscriptionInfo[];
}
export const ListResp = codecOf<ListResp>('event_store.client.persistent_subscriptions.ListResp');

export interface ReadReq {
  readonly content?: 'options' | 'ack' | 'nack';
  readonly options: ReadReqOptions | null;
  readonly ack: ReadReqAck | null;
  readonly nack: ReadReqNack | null;
}
export const ReadReq = codecOf<ReadReq>('event_store.client.persistent_subscriptions.ReadReq');

export interface ReadReqAck {
  readonly id: Bytes;
  readonly ids: readonly client.UUID[];
}

export interface ReadReqNack {
  readonly id: Bytes;
  readonly ids: readonly client.UUID[];
  readonly action: number;
  readonly reason: string;
}

export const ReadReqNackAction = { UNKNOWN: 0, PARK: 1, RETRY: 2, SKIP: 3, STOP: 4 } as const;

export interface ReadReqOptions {
  readonly streamOption?: 'streamIdentifier' | 'all';
  readonly streamIdentifier: client.StreamIdentifier | null;
  readonly all: client.Empty | null;
  readonly groupName: string;
  readonly bufferSize: number;
  readonly uuidOption: ReadReqOptionsUUIDOption | null;
}

export interface ReadReqOptionsUUIDOption {
  readonly content?: 'structured' | 'string';
  readonly structured: client.Empty | null;
  readonly string: client.Empty | null;
}

export interface ReadResp {
  readonly content?: 'event' | 'subscriptionConfirmation';
  readonly event: ReadRespReadEvent | null;
  readonly subscriptionConfirmation: ReadRespSubscriptionConfirmation | null;
}
export const ReadResp = codecOf<ReadResp>('event_store.client.persistent_subscriptions.ReadResp');

export interface ReadRespReadEvent {
  readonly position?: 'commitPosition' | 'noPosition';
  readonly count?: 'retryCount' | 'noRetryCount';
  readonly event: ReadRespReadEventRecordedEvent | null;
  readonly link: ReadRespReadEventRecordedEvent | null;
  readonly commitPosition: Long;
  readonly noPosition: client.Empty | null;
  readonly retryCount: number;
  readonly noRetryCount: client.Empty | null;
}

export interface ReadRespReadEventRecordedEvent {
  readonly id: client.UUID | null;
  readonly streamIdentifier: client.StreamIdentifier | null;
  readonly streamRevision: Long;
  readonly preparePosition: Long;
  readonly commitPosition: Long;
  readonly metadata: Readonly<Record<string, string | undefined>>;
  readonly customMetadata: Bytes;
  readonly data: Bytes;
}

export interface ReadRespSubscriptionConfirmation {
  readonly subscriptionId: string;
}

export interface ReplayParkedReq {
  readonly options: ReplayParkedReqOptions | null;
}
export const ReplayParkedReq = codecOf<ReplayParkedReq>('event_store.client.persistent_subscriptions.ReplayParkedReq');

export interface ReplayParkedReqOptions {
  readonly streamOption?: 'streamIdentifier' | 'all';
  readonly stopAtOption?: 'stopAt' | 'noLimit';
  readonly groupName: string;
  readonly streamIdentifier: client.StreamIdentifier | null;
  readonly all: client.Empty | null;
  readonly stopAt: Long;
  readonly noLimit: client.Empty | null;
}

export type ReplayParkedResp = Record<string, never>;
export const ReplayParkedResp = codecOf<ReplayParkedResp>('event_store.client.persistent_subscriptions.ReplayParkedResp');

export interface SubscriptionInfo {
  readonly eventSource: string;
  readonly groupName: string;
  readonly status: string;
  readonly connections: readonly SubscriptionInfoConnectionInfo[];
  readonly averagePerSecond: number;
  readonly totalItems: Long;
  readonly countSinceLastMeasurement: Long;
  readonly lastCheckpointedEventPosition: string;
  readonly lastKnownEventPosition: string;
  readonly resolveLinkTos: boolean;
  readonly startFrom: string;
  readonly messageTimeoutMilliseconds: number;
  readonly extraStatistics: boolean;
  readonly maxRetryCount: number;
  readonly liveBufferSize: number;
  readonly bufferSize: number;
  readonly readBatchSize: number;
  readonly checkPointAfterMilliseconds: number;
  readonly minCheckPointCount: number;
  readonly maxCheckPointCount: number;
  readonly readBufferCount: number;
  readonly liveBufferCount: Long;
  readonly retryBufferCount: number;
  readonly totalInFlightMessages: number;
  readonly outstandingMessagesCount: number;
  readonly namedConsumerStrategy: string;
  readonly maxSubscriberCount: number;
  readonly parkedMessageCount: Long;
}
export const SubscriptionInfo = codecOf<SubscriptionInfo>('event_store.client.persistent_subscriptions.SubscriptionInfo');

export interface SubscriptionInfoConnectionInfo {
  readonly from: string;
  readonly username: string;
  readonly averageItemsPerSecond: number;
  readonly totalItems: Long;
  readonly countSinceLastMeasurement: Long;
  readonly observedMeasurements: readonly SubscriptionInfoMeasurement[];
  readonly availableSlots: number;
  readonly inFlightMessages: number;
  readonly connectionName: string;
}

export interface SubscriptionInfoMeasurement {
  readonly key: string;
  readonly value: Long;
}

export interface UpdateReq {
  readonly options: UpdateReqOptions | null;
}
export const UpdateReq = codecOf<UpdateReq>('event_store.client.persistent_subscriptions.UpdateReq');

export interface UpdateReqAllOptions {
  readonly allOption?: 'position' | 'start' | 'end';
  readonly position: UpdateReqPosition | null;
  readonly start: client.Empty | null;
  readonly end: client.Empty | null;
}

export const UpdateReqConsumerStrategy = { DISPATCHTOSINGLE: 0, ROUNDROBIN: 1, PINNED: 2 } as const;

export interface UpdateReqOptions {
  readonly streamOption?: 'stream' | 'all';
  readonly stream: UpdateReqStreamOptions | null;
  readonly all: UpdateReqAllOptions | null;
  readonly streamIdentifier: client.StreamIdentifier | null;
  readonly groupName: string;
  readonly settings: UpdateReqSettings | null;
}

export interface UpdateReqPosition {
  readonly commitPosition: Long;
  readonly preparePosition: Long;
}

export interface UpdateReqSettings {
  readonly messageTimeout?: 'messageTimeoutTicks' | 'messageTimeoutMs';
  readonly checkpointAfter?: 'checkpointAfterTicks' | 'checkpointAfterMs';
  readonly resolveLinks: boolean;
  readonly revision: Long;
  readonly extraStatistics: boolean;
  readonly maxRetryCount: number;
  readonly minCheckpointCount: number;
  readonly maxCheckpointCount: number;
  readonly maxSubscriberCount: number;
  readonly liveBufferSize: number;
  readonly readBatchSize: number;
  readonly historyBufferSize: number;
  readonly namedConsumerStrategy: number;
  readonly messageTimeoutTicks: Long;
  readonly messageTimeoutMs: number;
  readonly checkpointAfterTicks: Long;
  readonly checkpointAfterMs: number;
}

export interface UpdateReqStreamOptions {
  readonly revisionOption?: 'revision' | 'start' | 'end';
  readonly streamIdentifier: client.StreamIdentifier | null;
  readonly revision: Long;
  readonly start: client.Empty | null;
  readonly end: client.Empty | null;
}

export type UpdateResp = Record<string, never>;
export const UpdateResp = codecOf<UpdateResp>('event_store.client.persistent_subscriptions.UpdateResp');

export const PersistentSubscriptions = {
  create: methodOf('/event_store.client.persistent_subscriptions.PersistentSubscriptions/Create', { request: CreateReq, response: CreateResp }),
  update: methodOf('/event_store.client.persistent_subscriptions.PersistentSubscriptions/Update', { request: UpdateReq, response: UpdateResp }),
  delete: methodOf('/event_store.client.persistent_subscriptions.PersistentSubscriptions/Delete', { request: DeleteReq, response: DeleteResp }),
  read: methodOf('/event_store.client.persistent_subscriptions.PersistentSubscriptions/Read', { request: ReadReq, response: ReadResp, requestStream: true, responseStream: true }),
  getInfo: methodOf('/event_store.client.persistent_subscriptions.PersistentSubscriptions/GetInfo', { request: GetInfoReq, response: GetInfoResp }),
  replayParked: methodOf('/event_store.client.persistent_subscriptions.PersistentSubscriptions/ReplayParked', { request: ReplayParkedReq, response: ReplayParkedResp }),
  list: methodOf('/event_store.client.persistent_subscriptions.PersistentSubscriptions/List', { request: ListReq, response: ListResp }),
  restartSubsystem: methodOf('/event_store.client.persistent_subscriptions.PersistentSubscriptions/RestartSubsystem', { request: client.Empty, response: client.Empty }),
};
