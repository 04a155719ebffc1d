import { status as rpcStatus } from '@grpc/grpc-js';
import type {
  BatchAppendResp,
  Infer,
  Message,
  Outgoing,
  UUID,
  WrongExpectedVersion,
} from 'weiliao/eventstoredb-protocol';
import type { Status as StatusMessage } from 'weiliao/eventstoredb-protocol';
import type { Expected } from './decide.ts';
import { details } from './protocol.ts';
import { positionMessage, streamMessage } from './responses.ts';
import { maxAppendSize } from './rpc-errors.ts';
import type { RpcError } from './rpc-errors.ts';

export type BatchResponse = Outgoing<BatchAppendResp>;
type Status = Outgoing<StatusMessage>;
/** Goes back as it came. */
export type Correlation = Outgoing<UUID>;

/** The answers of a stream of appends: an error is a message like the others, and says nothing of the stream of calls. */
export function batchSuccess(
  id: Correlation,
  stream: string,
  { revision, position }: { readonly revision: number; readonly position?: number },
): BatchResponse {
  const place = position === undefined ? { noPosition: {} } : { position: positionMessage(position) };
  const current = revision < 0 ? { noStream: {} } : { currentRevision: revision };
  return { ...answerTo(id, stream), success: { ...current, ...place } };
}

export function batchError(id: Correlation, stream: string, error: Status): BatchResponse {
  return { ...answerTo(id, stream), error };
}

function answerTo(id: Correlation, stream: string): BatchResponse {
  return { correlationId: id, streamIdentifier: streamMessage(stream) };
}

export function wrongStatus(expected: Expected, actual: number): Status {
  const current = actual < 0 ? { currentNoStream: {} } : { currentStreamRevision: actual };
  return statusOf(rpcStatus.ALREADY_EXISTS, 'WrongExpectedVersion', { ...current, ...expectedPosition(expected) });
}

function expectedPosition(expected: Expected): Outgoing<WrongExpectedVersion> {
  if (expected === 'any') return { expectedAny: {} };
  if (expected === 'stream_exists') return { expectedStreamExists: {} };
  if (expected === 'no_stream') return { expectedNoStream: {} };
  return { expectedStreamPosition: String(expected) };
}

export function deletedStatus(stream: string): Status {
  return statusOf(rpcStatus.NOT_FOUND, 'StreamDeleted', { streamIdentifier: streamMessage(stream) });
}

export function accessDeniedStatus(): Status {
  return statusOf(rpcStatus.PERMISSION_DENIED, 'AccessDenied', {});
}

export function timeoutStatus(): Status {
  return statusOf(rpcStatus.DEADLINE_EXCEEDED, 'Timeout', {});
}

export function tooLargeStatus(): Status {
  return statusOf(rpcStatus.INVALID_ARGUMENT, 'MaximumAppendSizeExceeded', { maxAppendSize });
}

export function badRequestStatus(message: string): Status {
  return statusOf(rpcStatus.INVALID_ARGUMENT, 'BadRequest', { message });
}

/** What a server that cannot take appends now says of one; undefined where it ends the whole stream instead. */
export function notHandledStatus({ code, details }: RpcError): Status | undefined {
  if (code !== rpcStatus.UNAVAILABLE) return undefined;
  const message = details === 'Server Is Not Ready' ? details : 'Server Is Busy';
  return { message, details: { type_url: `${typeUrls}google.protobuf.Empty` } };
}

const typeUrls = 'type.googleapis.com/';

type Details = typeof details;

/** The message's name is its type's, too. */
function statusOf<Name extends keyof Details>(
  code: number,
  message: Name,
  content: Outgoing<Infer<Details[Name]>>,
): Status {
  const { encode } = details[message] as Message<unknown>;
  return { code, message, details: { type_url: `${typeUrls}event_store.client.${message}`, value: encode(content) } };
}
