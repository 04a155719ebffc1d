import { status } from '@grpc/grpc-js';
import type { ServiceError } from '@grpc/grpc-js';

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
