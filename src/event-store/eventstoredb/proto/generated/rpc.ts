// Made by `npm run proto`: do not edit.
import { codecOf, define } from '../codec.ts';
import * as protobuf from './protobuf.ts';

define('google.rpc', {
  Status: {"fields":{"code":{"type":"Code","id":1},"message":{"type":"string","id":2},"details":{"type":"google.protobuf.Any","id":3}}},
  Code: {"values":{"OK":0,"CANCELLED":1,"UNKNOWN":2,"INVALID_ARGUMENT":3,"DEADLINE_EXCEEDED":4,"NOT_FOUND":5,"ALREADY_EXISTS":6,"PERMISSION_DENIED":7,"UNAUTHENTICATED":16,"RESOURCE_EXHAUSTED":8,"FAILED_PRECONDITION":9,"ABORTED":10,"OUT_OF_RANGE":11,"UNIMPLEMENTED":12,"INTERNAL":13,"UNAVAILABLE":14,"DATA_LOSS":15}},
});

export interface Status {
  readonly code: number;
  readonly message: string;
  readonly details: protobuf.Any | null;
}
export const Status = codecOf<Status>('google.rpc.Status');

export const Code = { OK: 0, CANCELLED: 1, UNKNOWN: 2, INVALID_ARGUMENT: 3, DEADLINE_EXCEEDED: 4, NOT_FOUND: 5, ALREADY_EXISTS: 6, PERMISSION_DENIED: 7, UNAUTHENTICATED: 16, RESOURCE_EXHAUSTED: 8, FAILED_PRECONDITION: 9, ABORTED: 10, OUT_OF_RANGE: 11, UNIMPLEMENTED: 12, INTERNAL: 13, UNAVAILABLE: 14, DATA_LOSS: 15 } as const;
