// Made by `npm run proto`: do not edit.
import { codecOf, define, type Bytes, type Long } from '../codec.ts';
import * as protobuf from './protobuf.ts';

define('event_store.client', {
  AccessDenied: {"fields":{}},
  AllStreamPosition: {"fields":{"commitPosition":{"type":"uint64","id":1},"preparePosition":{"type":"uint64","id":2}}},
  BadRequest: {"fields":{"message":{"type":"string","id":1}}},
  Empty: {"fields":{}},
  MaximumAppendSizeExceeded: {"fields":{"maxAppendSize":{"type":"uint32","id":1}}},
  StreamDeleted: {"fields":{"streamIdentifier":{"type":"StreamIdentifier","id":1}}},
  StreamIdentifier: {"fields":{"streamName":{"type":"bytes","id":3}}},
  Timeout: {"fields":{}},
  UUID: {"oneofs":{"value":{"oneof":["structured","string"]}},"fields":{"structured":{"type":"Structured","id":1},"string":{"type":"string","id":2}},"nested":{"Structured":{"fields":{"mostSignificantBits":{"type":"int64","id":1},"leastSignificantBits":{"type":"int64","id":2}}}}},
  WrongExpectedVersion: {"oneofs":{"currentStreamRevisionOption":{"oneof":["currentStreamRevision","currentNoStream"]},"expectedStreamPositionOption":{"oneof":["expectedStreamPosition","expectedAny","expectedStreamExists","expectedNoStream"]}},"fields":{"currentStreamRevision":{"type":"uint64","id":1},"currentNoStream":{"type":"google.protobuf.Empty","id":2},"expectedStreamPosition":{"type":"uint64","id":3},"expectedAny":{"type":"google.protobuf.Empty","id":4},"expectedStreamExists":{"type":"google.protobuf.Empty","id":5},"expectedNoStream":{"type":"google.protobuf.Empty","id":6}}},
});

export type AccessDenied = Record<string, never>;
export const AccessDenied = codecOf<AccessDenied>('event_store.client.AccessDenied');

export interface AllStreamPosition {
  readonly commitPosition: Long;
  readonly preparePosition: Long;
}
export const AllStreamPosition = codecOf<AllStreamPosition>('event_store.client.AllStreamPosition');

export interface BadRequest {
  readonly message: string;
}
export const BadRequest = codecOf<BadRequest>('event_store.client.BadRequest');

export type Empty = Record<string, never>;
export const Empty = codecOf<Empty>('event_store.client.Empty');

export interface MaximumAppendSizeExceeded {
  readonly maxAppendSize: number;
}
export const MaximumAppendSizeExceeded = codecOf<MaximumAppendSizeExceeded>('event_store.client.MaximumAppendSizeExceeded');

export interface StreamDeleted {
  readonly streamIdentifier: StreamIdentifier | null;
}
export const StreamDeleted = codecOf<StreamDeleted>('event_store.client.StreamDeleted');

export interface StreamIdentifier {
  readonly streamName: Bytes;
}
export const StreamIdentifier = codecOf<StreamIdentifier>('event_store.client.StreamIdentifier');

export type Timeout = Record<string, never>;
export const Timeout = codecOf<Timeout>('event_store.client.Timeout');

export interface UUID {
  readonly value?: 'structured' | 'string';
  readonly structured: UUIDStructured | null;
  readonly string: string;
}
export const UUID = codecOf<UUID>('event_store.client.UUID');

export interface UUIDStructured {
  readonly mostSignificantBits: Long;
  readonly leastSignificantBits: Long;
}

export interface WrongExpectedVersion {
  readonly currentStreamRevisionOption?: 'currentStreamRevision' | 'currentNoStream';
  readonly expectedStreamPositionOption?: 'expectedStreamPosition' | 'expectedAny' | 'expectedStreamExists' | 'expectedNoStream';
  readonly currentStreamRevision: Long;
  readonly currentNoStream: protobuf.Empty | null;
  readonly expectedStreamPosition: Long;
  readonly expectedAny: protobuf.Empty | null;
  readonly expectedStreamExists: protobuf.Empty | null;
  readonly expectedNoStream: protobuf.Empty | null;
}
export const WrongExpectedVersion = codecOf<WrongExpectedVersion>('event_store.client.WrongExpectedVersion');
