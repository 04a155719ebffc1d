import { Metadata, status } from '@grpc/grpc-js';
import type { StatusObject } from '@grpc/grpc-js';
import type { Expected } from './decide.ts';

/** An answer that is an error: a gRPC status, with what EventStoreDB's clients read in its trailers. */
export class RpcError extends Error implements StatusObject {
  readonly code: status;
  readonly details: string;
  readonly metadata: Metadata;

  constructor(code: status, details: string, trailers: Readonly<Record<string, string>> = {}) {
    super(details);
    this.name = 'RpcError';
    this.code = code;
    this.details = details;
    this.metadata = new Metadata();
    for (const [name, value] of Object.entries(trailers)) this.metadata.set(name, value);
  }
}

export const maxAppendSize = 1024 * 1024;

export const notReady = (): RpcError => new RpcError(status.UNAVAILABLE, 'Server Is Not Ready');
export const tooBusy = (): RpcError => new RpcError(status.UNAVAILABLE, 'Server Is Too Busy');
export const timedOut = (): RpcError => new RpcError(status.ABORTED, 'Operation timed out: the log did not answer');
/** What the server's HTTP stack says of a failure that nobody foresaw, a request without a stream name included. */
export const handlerFailed = (): RpcError => new RpcError(status.UNKNOWN, 'Exception was thrown by handler.');
export const invalidRead = (): RpcError => new RpcError(status.UNKNOWN, 'Unexpected ReadStreamResult: Error');
export const invalid = (what: string): RpcError => new RpcError(status.INVALID_ARGUMENT, what);

export const accessDenied = (): RpcError =>
  new RpcError(status.PERMISSION_DENIED, 'Access Denied', { exception: 'access-denied' });

export function notLeader(host: string, port: number): RpcError {
  return new RpcError(status.NOT_FOUND, 'Leader info available', {
    exception: 'not-leader',
    'leader-endpoint-host': host,
    'leader-endpoint-port': String(port),
  });
}

export function streamDeleted(stream: string): RpcError {
  return new RpcError(status.FAILED_PRECONDITION, `Event stream '${stream}' is deleted.`, {
    exception: 'stream-deleted',
    'stream-name': headerText(stream),
  });
}

export function appendTooLarge(): RpcError {
  return new RpcError(status.INVALID_ARGUMENT, `Maximum Append Size of ${maxAppendSize} Exceeded.`, {
    exception: 'maximum-append-size-exceeded',
    'maximum-append-size': String(maxAppendSize),
  });
}

export function metadataMissing(property: string): RpcError {
  return new RpcError(status.INVALID_ARGUMENT, `Required Metadata Property '${property}' is missing`, {
    exception: 'missing-required-metadata-property',
    'required-metadata-properties': 'type,content-type',
  });
}

const numbered = { any: -2n, no_stream: -1n, stream_exists: -4n } as const;

/** Of a delete or a tombstone; appends have messages of their own. */
export function wrongDelete(stream: string, expected: Expected, actual: number): RpcError {
  const version = typeof expected === 'bigint' ? expected : numbered[expected];
  return new RpcError(
    status.FAILED_PRECONDITION,
    `Delete failed due to WrongExpectedVersion. Stream: ${stream}, Expected version: ${version}, Actual version: ${actual}`,
    {
      exception: 'wrong-expected-version',
      'stream-name': headerText(stream),
      'expected-version': String(version),
      'actual-version': String(actual),
    },
  );
}

const groupErrors = {
  'persistent-subscription-does-not-exist': [status.NOT_FOUND, 'does not exist.'],
  'persistent-subscription-exists': [status.ALREADY_EXISTS, 'exists.'],
  'persistent-subscription-dropped': [status.CANCELLED, 'was dropped.'],
} as const;

/** Of a persistent subscription: `exception` tells what is wrong. */
export function groupError(exception: keyof typeof groupErrors, stream: string, group: string): RpcError {
  const [code, text] = groupErrors[exception];
  return new RpcError(code, `Subscription group ${group} on stream ${stream} ${text}`, {
    exception,
    ...groupNames(stream, group),
  });
}

export function maximumSubscribersReached(stream: string, group: string): RpcError {
  return new RpcError(
    status.FAILED_PRECONDITION,
    `Maximum subscriptions reached for subscription group ${group} on stream ${stream}.`,
    { exception: 'maximum-subscribers-reached', ...groupNames(stream, group) },
  );
}

export function groupFailed(stream: string, group: string, reason: string): RpcError {
  return new RpcError(status.INTERNAL, `Subscription group ${group} on stream ${stream} failed: '${reason}'`, {
    exception: 'persistent-subscription-failed',
    ...groupNames(stream, group),
    reason: headerText(reason),
  });
}

function groupNames(stream: string, group: string): Record<string, string> {
  return { 'stream-name': headerText(stream), 'group-name': headerText(group) };
}

/** A trailer holds printable ASCII only; what is not is sent as `?`, as the server's HTTP stack does. */
function headerText(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?');
}
