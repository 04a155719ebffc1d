import { status } from '@grpc/grpc-js';
import type { ServiceError } from '@grpc/grpc-js';
import type { ConnectionString } from './connection-string.ts';

/** EventStoreDB's own name for an error of a call, e.g. `not-leader`; undefined where it is one of the transport. */
export function exceptionOf(error: Error): string | undefined {
  const [exception] = (error as Partial<ServiceError>).metadata?.get('exception') ?? [];
  return exception?.toString();
}

/** True where the server refuses the caller: asking elsewhere or later changes nothing. */
export function isRefusal(error: Error): boolean {
  const { code } = error as Partial<ServiceError>;
  const refused = code === status.PERMISSION_DENIED || code === status.UNAUTHENTICATED;
  return refused || exceptionOf(error) === 'access-denied';
}

/** True where the server itself says that what was asked cannot be answered: asking again changes nothing. */
export function isAnswered(error: Error | undefined): boolean {
  const { code } = (error ?? {}) as Partial<ServiceError>;
  return code === status.UNKNOWN || code === status.INVALID_ARGUMENT || code === status.OUT_OF_RANGE;
}

/** Why a server cannot be used, in an operator's words where they are known; without credentials. */
export function explainFailure(error: Error, { tls, hasUser }: Pick<ConnectionString, 'tls' | 'hasUser'>): string {
  if ((error as Partial<ServiceError>).code === status.UNAUTHENTICATED) return 'it refuses the user or the password';
  if (isRefusal(error)) {
    if (!tls || !hasUser) return 'it asks for a user and a password';
    return 'it does not let this user read the whole log, which takes one of the group $admins';
  }
  return explainTransport(error, tls);
}

function explainTransport(error: Error, tls: boolean): string {
  const [, reason = error.message] = /Last error: (?:Error: )?(.*?)\s*\. Resolution note:/s.exec(error.message) ?? [];
  if (/unable to (?:verify|get).*certificate|self-signed certificate/.test(reason)) {
    return `its certificate is of no authority that is trusted here; tlsCAFile names one (${reason})`;
  }
  if (/SSL routines.*(?:wrong version number|packet length too long)/s.test(reason)) {
    return 'it does not speak TLS, which only tls=false does without';
  }
  // All that is seen of a TLS alert.
  if (!tls && reason.startsWith('Failed to connect')) {
    return 'it ends a connection without TLS at once: does it want tls=true?';
  }
  return reason;
}
