import any from 'google-protobuf/google/protobuf/any_pb.js';
import empty from 'google-protobuf/google/protobuf/empty_pb.js';
import { status as rpcStatus } from '@grpc/grpc-js';
import code from '@eventstore/db-client/generated/code_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import status from '@eventstore/db-client/generated/status_pb.js';
import type { Status } from '@eventstore/db-client/generated/status_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import type { BatchAppendResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { Expected } from './decide.ts';
import { streamMessage, uuidMessage } from './responses.ts';
import { maxAppendSize } from './rpc-errors.ts';
import type { RpcError } from './rpc-errors.ts';

/** The answers of a stream of appends: an error is a message like the others, and says nothing of the stream of calls. */
export function batchSuccess(
  id: string,
  stream: string,
  { revision, position }: { readonly revision: number; readonly position?: number },
): BatchAppendResp {
  const success = new streams.BatchAppendResp.Success();
  if (revision < 0) success.setNoStream(new empty.Empty());
  else success.setCurrentRevision(String(revision));
  if (position === undefined) return answerTo(id, stream).setSuccess(success.setNoPosition(new empty.Empty()));
  const place = new shared.AllStreamPosition().setCommitPosition(String(position)).setPreparePosition(String(position));
  return answerTo(id, stream).setSuccess(success.setPosition(place));
}

export function batchError(id: string, stream: string, error: Status): BatchAppendResp {
  return answerTo(id, stream).setError(error);
}

function answerTo(id: string, stream: string): BatchAppendResp {
  return new streams.BatchAppendResp()
    .setCorrelationId(uuidMessage(id, false))
    .setStreamIdentifier(streamMessage(stream));
}

export function wrongStatus(expected: Expected, actual: number): Status {
  const details = new shared.WrongExpectedVersion();
  if (actual < 0) details.setCurrentNoStream(new empty.Empty());
  else details.setCurrentStreamRevision(String(actual));
  if (expected === 'any') details.setExpectedAny(new empty.Empty());
  else if (expected === 'stream_exists') details.setExpectedStreamExists(new empty.Empty());
  else if (expected === 'no_stream') details.setExpectedNoStream(new empty.Empty());
  else details.setExpectedStreamPosition(String(expected));
  return statusOf(code.Code.ALREADY_EXISTS, 'WrongExpectedVersion', details);
}

export function deletedStatus(stream: string): Status {
  const details = new shared.StreamDeleted().setStreamIdentifier(streamMessage(stream));
  return statusOf(code.Code.NOT_FOUND, 'StreamDeleted', details);
}

export function accessDeniedStatus(): Status {
  return statusOf(code.Code.PERMISSION_DENIED, 'AccessDenied', new shared.AccessDenied());
}

export function timeoutStatus(): Status {
  return statusOf(code.Code.DEADLINE_EXCEEDED, 'Timeout', new shared.Timeout());
}

export function tooLargeStatus(): Status {
  const details = new shared.MaximumAppendSizeExceeded().setMaxappendsize(maxAppendSize);
  return statusOf(code.Code.INVALID_ARGUMENT, 'MaximumAppendSizeExceeded', details);
}

export function badRequestStatus(message: string): Status {
  const details = new shared.BadRequest().setMessage(message);
  return statusOf(code.Code.INVALID_ARGUMENT, 'BadRequest', details);
}

/** What a server that cannot take appends now says of one; undefined where it ends the whole stream instead. */
export function notHandledStatus({ code: rpcCode, details }: RpcError): Status | undefined {
  if (rpcCode !== rpcStatus.UNAVAILABLE) return undefined;
  const message = details === 'Server Is Not Ready' ? details : 'Server Is Busy';
  return new status.Status().setMessage(message).setDetails(pack(new empty.Empty(), 'google.protobuf.Empty'));
}

type Details = InstanceType<
  | typeof shared.WrongExpectedVersion
  | typeof shared.StreamDeleted
  | typeof shared.AccessDenied
  | typeof shared.Timeout
  | typeof shared.MaximumAppendSizeExceeded
  | typeof shared.BadRequest
>;

/** The message's name is its type's, too. */
function statusOf(number: (typeof code.Code)[keyof typeof code.Code], message: string, details: Details): Status {
  const packed = pack(details, `event_store.client.${message}`);
  return new status.Status().setCode(number).setMessage(message).setDetails(packed);
}

function pack(message: { serializeBinary(): Uint8Array }, typeName: string): InstanceType<typeof any.Any> {
  const packed = new any.Any();
  packed.pack(message.serializeBinary(), typeName);
  return packed;
}
