// Made by `npm run proto`: do not edit.
import { codecOf, define, type Bytes, type Long } from '../codec.ts';

define('google.protobuf', {
  Empty: {"fields":{}},
  Any: {"fields":{"type_url":{"type":"string","id":1},"value":{"type":"bytes","id":2}}},
  Timestamp: {"fields":{"seconds":{"type":"int64","id":1},"nanos":{"type":"int32","id":2}}},
});

export type Empty = Record<string, never>;
export const Empty = codecOf<Empty>('google.protobuf.Empty');

export interface Any {
  readonly type_url: string;
  readonly value: Bytes;
}
export const Any = codecOf<Any>('google.protobuf.Any');

export interface Timestamp {
  readonly seconds: Long;
  readonly nanos: number;
}
export const Timestamp = codecOf<Timestamp>('google.protobuf.Timestamp');
