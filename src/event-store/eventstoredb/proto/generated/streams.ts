// Made by `npm run proto`: do not edit.
import { codecOf, define, methodOf, type Bytes, type Long } from '../codec.ts';
import * as client from './client.ts';
import * as protobuf from './protobuf.ts';
import * as rpc from './rpc.ts';

define('event_store.client.streams', {
  AppendReq: {"oneofs":{"content":{"oneof":["options","proposedMessage"]}},"fields":{"options":{"type":"Options","id":1},"proposedMessage":{"type":"ProposedMessage","id":2}},"nested":{"Options":{"oneofs":{"expectedStreamRevision":{"oneof":["revision","noStream","any","streamExists"]}},"fields":{"streamIdentifier":{"type":"event_store.client.StreamIdentifier","id":1},"revision":{"type":"uint64","id":2},"noStream":{"type":"event_store.client.Empty","id":3},"any":{"type":"event_store.client.Empty","id":4},"streamExists":{"type":"event_store.client.Empty","id":5}}},"ProposedMessage":{"fields":{"id":{"type":"event_store.client.UUID","id":1},"metadata":{"keyType":"string","type":"string","id":2},"customMetadata":{"type":"bytes","id":3},"data":{"type":"bytes","id":4}}}}},
  AppendResp: {"oneofs":{"result":{"oneof":["success","wrongExpectedVersion"]}},"fields":{"success":{"type":"Success","id":1},"wrongExpectedVersion":{"type":"WrongExpectedVersion","id":2}},"nested":{"Position":{"fields":{"commitPosition":{"type":"uint64","id":1},"preparePosition":{"type":"uint64","id":2}}},"Success":{"oneofs":{"currentRevisionOption":{"oneof":["currentRevision","noStream"]},"positionOption":{"oneof":["position","noPosition"]}},"fields":{"currentRevision":{"type":"uint64","id":1},"noStream":{"type":"event_store.client.Empty","id":2},"position":{"type":"Position","id":3},"noPosition":{"type":"event_store.client.Empty","id":4}}},"WrongExpectedVersion":{"oneofs":{"currentRevisionOption":{"oneof":["currentRevision","currentNoStream"]},"expectedRevisionOption":{"oneof":["expectedRevision","expectedAny","expectedStreamExists","expectedNoStream"]}},"fields":{"currentRevision":{"type":"uint64","id":6},"currentNoStream":{"type":"event_store.client.Empty","id":7},"expectedRevision":{"type":"uint64","id":8},"expectedAny":{"type":"event_store.client.Empty","id":9},"expectedStreamExists":{"type":"event_store.client.Empty","id":10},"expectedNoStream":{"type":"event_store.client.Empty","id":11}}}}},
  BatchAppendReq: {"fields":{"correlationId":{"type":"event_store.client.UUID","id":1},"options":{"type":"Options","id":2},"proposedMessages":{"rule":"repeated","type":"ProposedMessage","id":3},"isFinal":{"type":"bool","id":4}},"nested":{"Options":{"oneofs":{"expectedStreamPosition":{"oneof":["streamPosition","noStream","any","streamExists"]}},"fields":{"streamIdentifier":{"type":"event_store.client.StreamIdentifier","id":1},"streamPosition":{"type":"uint64","id":2},"noStream":{"type":"google.protobuf.Empty","id":3},"any":{"type":"google.protobuf.Empty","id":4},"streamExists":{"type":"google.protobuf.Empty","id":5},"deadline":{"type":"google.protobuf.Timestamp","id":6}}},"ProposedMessage":{"fields":{"id":{"type":"event_store.client.UUID","id":1},"metadata":{"keyType":"string","type":"string","id":2},"customMetadata":{"type":"bytes","id":3},"data":{"type":"bytes","id":4}}}}},
  BatchAppendResp: {"oneofs":{"result":{"oneof":["error","success"]},"expectedStreamPosition":{"oneof":["streamPosition","noStream","any","streamExists"]}},"fields":{"correlationId":{"type":"event_store.client.UUID","id":1},"error":{"type":"google.rpc.Status","id":2},"success":{"type":"Success","id":3},"streamIdentifier":{"type":"event_store.client.StreamIdentifier","id":4},"streamPosition":{"type":"uint64","id":5},"noStream":{"type":"google.protobuf.Empty","id":6},"any":{"type":"google.protobuf.Empty","id":7},"streamExists":{"type":"google.protobuf.Empty","id":8}},"nested":{"Success":{"oneofs":{"currentRevisionOption":{"oneof":["currentRevision","noStream"]},"positionOption":{"oneof":["position","noPosition"]}},"fields":{"currentRevision":{"type":"uint64","id":1},"noStream":{"type":"google.protobuf.Empty","id":2},"position":{"type":"event_store.client.AllStreamPosition","id":3},"noPosition":{"type":"google.protobuf.Empty","id":4}}}}},
  DeleteReq: {"fields":{"options":{"type":"Options","id":1}},"nested":{"Options":{"oneofs":{"expectedStreamRevision":{"oneof":["revision","noStream","any","streamExists"]}},"fields":{"streamIdentifier":{"type":"event_store.client.StreamIdentifier","id":1},"revision":{"type":"uint64","id":2},"noStream":{"type":"event_store.client.Empty","id":3},"any":{"type":"event_store.client.Empty","id":4},"streamExists":{"type":"event_store.client.Empty","id":5}}}}},
  DeleteResp: {"oneofs":{"positionOption":{"oneof":["position","noPosition"]}},"fields":{"position":{"type":"Position","id":1},"noPosition":{"type":"event_store.client.Empty","id":2}},"nested":{"Position":{"fields":{"commitPosition":{"type":"uint64","id":1},"preparePosition":{"type":"uint64","id":2}}}}},
  ReadReq: {"fields":{"options":{"type":"Options","id":1}},"nested":{"Options":{"oneofs":{"streamOption":{"oneof":["stream","all"]},"countOption":{"oneof":["count","subscription"]},"filterOption":{"oneof":["filter","noFilter"]}},"fields":{"stream":{"type":"StreamOptions","id":1},"all":{"type":"AllOptions","id":2},"readDirection":{"type":"ReadDirection","id":3},"resolveLinks":{"type":"bool","id":4},"count":{"type":"uint64","id":5},"subscription":{"type":"SubscriptionOptions","id":6},"filter":{"type":"FilterOptions","id":7},"noFilter":{"type":"event_store.client.Empty","id":8},"uuidOption":{"type":"UUIDOption","id":9}},"nested":{"AllOptions":{"oneofs":{"allOption":{"oneof":["position","start","end"]}},"fields":{"position":{"type":"Position","id":1},"start":{"type":"event_store.client.Empty","id":2},"end":{"type":"event_store.client.Empty","id":3}}},"FilterOptions":{"oneofs":{"filter":{"oneof":["streamIdentifier","eventType"]},"window":{"oneof":["max","count"]}},"fields":{"streamIdentifier":{"type":"Expression","id":1},"eventType":{"type":"Expression","id":2},"max":{"type":"uint32","id":3},"count":{"type":"event_store.client.Empty","id":4},"checkpointIntervalMultiplier":{"type":"uint32","id":5}},"nested":{"Expression":{"fields":{"regex":{"type":"string","id":1},"prefix":{"rule":"repeated","type":"string","id":2}}}}},"Position":{"fields":{"commitPosition":{"type":"uint64","id":1},"preparePosition":{"type":"uint64","id":2}}},"ReadDirection":{"values":{"FORWARDS":0,"BACKWARDS":1}},"StreamOptions":{"oneofs":{"revisionOption":{"oneof":["revision","start","end"]}},"fields":{"streamIdentifier":{"type":"event_store.client.StreamIdentifier","id":1},"revision":{"type":"uint64","id":2},"start":{"type":"event_store.client.Empty","id":3},"end":{"type":"event_store.client.Empty","id":4}}},"SubscriptionOptions":{"fields":{}},"UUIDOption":{"oneofs":{"content":{"oneof":["structured","string"]}},"fields":{"structured":{"type":"event_store.client.Empty","id":1},"string":{"type":"event_store.client.Empty","id":2}}}}}}},
  ReadResp: {"oneofs":{"content":{"oneof":["event","confirmation","checkpoint","streamNotFound","firstStreamPosition","lastStreamPosition","lastAllStreamPosition","caughtUp","fellBehind"]}},"fields":{"event":{"type":"ReadEvent","id":1},"confirmation":{"type":"SubscriptionConfirmation","id":2},"checkpoint":{"type":"Checkpoint","id":3},"streamNotFound":{"type":"StreamNotFound","id":4},"firstStreamPosition":{"type":"uint64","id":5},"lastStreamPosition":{"type":"uint64","id":6},"lastAllStreamPosition":{"type":"event_store.client.AllStreamPosition","id":7},"caughtUp":{"type":"CaughtUp","id":8},"fellBehind":{"type":"FellBehind","id":9}},"nested":{"CaughtUp":{"fields":{}},"Checkpoint":{"fields":{"commitPosition":{"type":"uint64","id":1},"preparePosition":{"type":"uint64","id":2}}},"FellBehind":{"fields":{}},"ReadEvent":{"oneofs":{"position":{"oneof":["commitPosition","noPosition"]}},"fields":{"event":{"type":"RecordedEvent","id":1},"link":{"type":"RecordedEvent","id":2},"commitPosition":{"type":"uint64","id":3},"noPosition":{"type":"event_store.client.Empty","id":4}},"nested":{"RecordedEvent":{"fields":{"id":{"type":"event_store.client.UUID","id":1},"streamIdentifier":{"type":"event_store.client.StreamIdentifier","id":2},"streamRevision":{"type":"uint64","id":3},"preparePosition":{"type":"uint64","id":4},"commitPosition":{"type":"uint64","id":5},"metadata":{"keyType":"string","type":"string","id":6},"customMetadata":{"type":"bytes","id":7},"data":{"type":"bytes","id":8}}}}},"StreamNotFound":{"fields":{"streamIdentifier":{"type":"event_store.client.StreamIdentifier","id":1}}},"SubscriptionConfirmation":{"fields":{"subscriptionId":{"type":"string","id":1}}}}},
  TombstoneReq: {"fields":{"options":{"type":"Options","id":1}},"nested":{"Options":{"oneofs":{"expectedStreamRevision":{"oneof":["revision","noStream","any","streamExists"]}},"fields":{"streamIdentifier":{"type":"event_store.client.StreamIdentifier","id":1},"revision":{"type":"uint64","id":2},"noStream":{"type":"event_store.client.Empty","id":3},"any":{"type":"event_store.client.Empty","id":4},"streamExists":{"type":"event_store.client.Empty","id":5}}}}},
  TombstoneResp: {"oneofs":{"positionOption":{"oneof":["position","noPosition"]}},"fields":{"position":{"type":"Position","id":1},"noPosition":{"type":"event_store.client.Empty","id":2}},"nested":{"Position":{"fields":{"commitPosition":{"type":"uint64","id":1},"preparePosition":{"type":"uint64","id":2}}}}},
});

export interface AppendReq {
  readonly content?: 'options' | 'proposedMessage';
  readonly options: AppendReqOptions | null;
  readonly proposedMessage: AppendReqProposedMessage | null;
}
export const AppendReq = codecOf<AppendReq>('event_store.client.streams.AppendReq');

export interface AppendReqOptions {
  readonly expectedStreamRevision?: 'revision' | 'noStream' | 'any' | 'streamExists';
  readonly streamIdentifier: client.StreamIdentifier | null;
  readonly revision: Long;
  readonly noStream: client.Empty | null;
  readonly any: client.Empty | null;
  readonly streamExists: client.Empty | null;
}

export interface AppendReqProposedMessage {
  readonly id: client.UUID | null;
  readonly metadata: Readonly<Record<string, string | undefined>>;
  readonly customMetadata: Bytes;
  readonly data: Bytes;
}

export interface AppendResp {
  readonly result?: 'success' | 'wrongExpectedVersion';
  readonly success: AppendRespSuccess | null;
  readonly wrongExpectedVersion: AppendRespWrongExpectedVersion | null;
}
export const AppendResp = codecOf<AppendResp>('event_store.client.streams.AppendResp');

export interface AppendRespPosition {
  readonly commitPosition: Long;
  readonly preparePosition: Long;
}

export interface AppendRespSuccess {
  readonly currentRevisionOption?: 'currentRevision' | 'noStream';
  readonly positionOption?: 'position' | 'noPosition';
  readonly currentRevision: Long;
  readonly noStream: client.Empty | null;
  readonly position: AppendRespPosition | null;
  readonly noPosition: client.Empty | null;
}

export interface AppendRespWrongExpectedVersion {
  readonly currentRevisionOption?: 'currentRevision' | 'currentNoStream';
  readonly expectedRevisionOption?: 'expectedRevision' | 'expectedAny' | 'expectedStreamExists' | 'expectedNoStream';
  readonly currentRevision: Long;
  readonly currentNoStream: client.Empty | null;
  readonly expectedRevision: Long;
  readonly expectedAny: client.Empty | null;
  readonly expectedStreamExists: client.Empty | null;
  readonly expectedNoStream: client.Empty | null;
}

export interface BatchAppendReq {
  readonly correlationId: client.UUID | null;
  readonly options: BatchAppendReqOptions | null;
  readonly proposedMessages: readonly BatchAppendReqProposedMessage[];
  readonly isFinal: boolean;
}
export const BatchAppendReq = codecOf<BatchAppendReq>('event_store.client.streams.BatchAppendReq');

export interface BatchAppendReqOptions {
  readonly expectedStreamPosition?: 'streamPosition' | 'noStream' | 'any' | 'streamExists';
  readonly streamIdentifier: client.StreamIdentifier | null;
  readonly streamPosition: Long;
  readonly noStream: protobuf.Empty | null;
  readonly any: protobuf.Empty | null;
  readonly streamExists: protobuf.Empty | null;
  readonly deadline: protobuf.Timestamp | null;
}

export interface BatchAppendReqProposedMessage {
  readonly id: client.UUID | null;
  readonly metadata: Readonly<Record<string, string | undefined>>;
  readonly customMetadata: Bytes;
  readonly data: Bytes;
}

export interface BatchAppendResp {
  readonly result?: 'error' | 'success';
  readonly expectedStreamPosition?: 'streamPosition' | 'noStream' | 'any' | 'streamExists';
  readonly correlationId: client.UUID | null;
  readonly error: rpc.Status | null;
  readonly success: BatchAppendRespSuccess | null;
  readonly streamIdentifier: client.StreamIdentifier | null;
  readonly streamPosition: Long;
  readonly noStream: protobuf.Empty | null;
  readonly any: protobuf.Empty | null;
  readonly streamExists: protobuf.Empty | null;
}
export const BatchAppendResp = codecOf<BatchAppendResp>('event_store.client.streams.BatchAppendResp');

export interface BatchAppendRespSuccess {
  readonly currentRevisionOption?: 'currentRevision' | 'noStream';
  readonly positionOption?: 'position' | 'noPosition';
  readonly currentRevision: Long;
  readonly noStream: protobuf.Empty | null;
  readonly position: client.AllStreamPosition | null;
  readonly noPosition: protobuf.Empty | null;
}

export interface DeleteReq {
  readonly options: DeleteReqOptions | null;
}
export const DeleteReq = codecOf<DeleteReq>('event_store.client.streams.DeleteReq');

export interface DeleteReqOptions {
  readonly expectedStreamRevision?: 'revision' | 'noStream' | 'any' | 'streamExists';
  readonly streamIdentifier: client.StreamIdentifier | null;
  readonly revision: Long;
  readonly noStream: client.Empty | null;
  readonly any: client.Empty | null;
  readonly streamExists: client.Empty | null;
}

export interface DeleteResp {
  readonly positionOption?: 'position' | 'noPosition';
  readonly position: DeleteRespPosition | null;
  readonly noPosition: client.Empty | null;
}
export const DeleteResp = codecOf<DeleteResp>('event_store.client.streams.DeleteResp');

export interface DeleteRespPosition {
  readonly commitPosition: Long;
  readonly preparePosition: Long;
}

export interface ReadReq {
  readonly options: ReadReqOptions | null;
}
export const ReadReq = codecOf<ReadReq>('event_store.client.streams.ReadReq');

export interface ReadReqOptions {
  readonly streamOption?: 'stream' | 'all';
  readonly countOption?: 'count' | 'subscription';
  readonly filterOption?: 'filter' | 'noFilter';
  readonly stream: ReadReqOptionsStreamOptions | null;
  readonly all: ReadReqOptionsAllOptions | null;
  readonly readDirection: number;
  readonly resolveLinks: boolean;
  readonly count: Long;
  readonly subscription: ReadReqOptionsSubscriptionOptions | null;
  readonly filter: ReadReqOptionsFilterOptions | null;
  readonly noFilter: client.Empty | null;
  readonly uuidOption: ReadReqOptionsUUIDOption | null;
}

export interface ReadReqOptionsAllOptions {
  readonly allOption?: 'position' | 'start' | 'end';
  readonly position: ReadReqOptionsPosition | null;
  readonly start: client.Empty | null;
  readonly end: client.Empty | null;
}

export interface ReadReqOptionsFilterOptions {
  readonly filter?: 'streamIdentifier' | 'eventType';
  readonly window?: 'max' | 'count';
  readonly streamIdentifier: ReadReqOptionsFilterOptionsExpression | null;
  readonly eventType: ReadReqOptionsFilterOptionsExpression | null;
  readonly max: number;
  readonly count: client.Empty | null;
  readonly checkpointIntervalMultiplier: number;
}

export interface ReadReqOptionsFilterOptionsExpression {
  readonly regex: string;
  readonly prefix: readonly string[];
}

export interface ReadReqOptionsPosition {
  readonly commitPosition: Long;
  readonly preparePosition: Long;
}

export const ReadReqOptionsReadDirection = { FORWARDS: 0, BACKWARDS: 1 } as const;

export interface ReadReqOptionsStreamOptions {
  readonly revisionOption?: 'revision' | 'start' | 'end';
  readonly streamIdentifier: client.StreamIdentifier | null;
  readonly revision: Long;
  readonly start: client.Empty | null;
  readonly end: client.Empty | null;
}

export type ReadReqOptionsSubscriptionOptions = Record<string, never>;

export interface ReadReqOptionsUUIDOption {
  readonly content?: 'structured' | 'string';
  readonly structured: client.Empty | null;
  readonly string: client.Empty | null;
}

export interface ReadResp {
  readonly content?: 'event' | 'confirmation' | 'checkpoint' | 'streamNotFound' | 'firstStreamPosition' | 'lastStreamPosition' | 'lastAllStreamPosition' | 'caughtUp' | 'fellBehind';
  readonly event: ReadRespReadEvent | null;
  readonly confirmation: ReadRespSubscriptionConfirmation | null;
  readonly checkpoint: ReadRespCheckpoint | null;
  readonly streamNotFound: ReadRespStreamNotFound | null;
  readonly firstStreamPosition: Long;
  readonly lastStreamPosition: Long;
  readonly lastAllStreamPosition: client.AllStreamPosition | null;
  readonly caughtUp: ReadRespCaughtUp | null;
  readonly fellBehind: ReadRespFellBehind | null;
}
export const ReadResp = codecOf<ReadResp>('event_store.client.streams.ReadResp');

export type ReadRespCaughtUp = Record<string, never>;

export interface ReadRespCheckpoint {
  readonly commitPosition: Long;
  readonly preparePosition: Long;
}

export type ReadRespFellBehind = Record<string, never>;

export interface ReadRespReadEvent {
  readonly position?: 'commitPosition' | 'noPosition';
  readonly event: ReadRespReadEventRecordedEvent | null;
  readonly link: ReadRespReadEventRecordedEvent | null;
  readonly commitPosition: Long;
  readonly noPosition: client.Empty | null;
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

export interface ReadRespStreamNotFound {
  readonly streamIdentifier: client.StreamIdentifier | null;
}

export interface ReadRespSubscriptionConfirmation {
  readonly subscriptionId: string;
}

export interface TombstoneReq {
  readonly options: TombstoneReqOptions | null;
}
export const TombstoneReq = codecOf<TombstoneReq>('event_store.client.streams.TombstoneReq');

export interface TombstoneReqOptions {
  readonly expectedStreamRevision?: 'revision' | 'noStream' | 'any' | 'streamExists';
  readonly streamIdentifier: client.StreamIdentifier | null;
  readonly revision: Long;
  readonly noStream: client.Empty | null;
  readonly any: client.Empty | null;
  readonly streamExists: client.Empty | null;
}

export interface TombstoneResp {
  readonly positionOption?: 'position' | 'noPosition';
  readonly position: TombstoneRespPosition | null;
  readonly noPosition: client.Empty | null;
}
export const TombstoneResp = codecOf<TombstoneResp>('event_store.client.streams.TombstoneResp');

export interface TombstoneRespPosition {
  readonly commitPosition: Long;
  readonly preparePosition: Long;
}

export const Streams = {
  read: methodOf('/event_store.client.streams.Streams/Read', { request: ReadReq, response: ReadResp, responseStream: true }),
  append: methodOf('/event_store.client.streams.Streams/Append', { request: AppendReq, response: AppendResp, requestStream: true }),
  delete: methodOf('/event_store.client.streams.Streams/Delete', { request: DeleteReq, response: DeleteResp }),
  tombstone: methodOf('/event_store.client.streams.Streams/Tombstone', { request: TombstoneReq, response: TombstoneResp }),
  batchAppend: methodOf('/event_store.client.streams.Streams/BatchAppend', { request: BatchAppendReq, response: BatchAppendResp, requestStream: true, responseStream: true }),
};
