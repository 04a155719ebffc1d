import { ServerInterceptingCall, status } from '@grpc/grpc-js';
import type { Metadata, ServerInterceptor } from '@grpc/grpc-js';
import { gossip, serverFeatures } from './cluster-protocol.ts';
import { streams } from './protocol.ts';
import { accessDenied, RpcError } from './rpc-errors.ts';

/** The one user of a stand-in, who may do everything. */
export interface User {
  readonly name: string;
  readonly password: string;
}

/** What anybody may ask. A stream of appends is refused append by append. */
const open: ReadonlySet<string> = new Set([
  gossip.read.path,
  serverFeatures.getSupportedMethods.path,
  streams.batchAppend.path,
]);

/** Refuses what does not come from the user, as EventStoreDB does: a wrong password everywhere, none where it matters. */
export function requireUser(user: User): ServerInterceptor {
  function refusalOf(metadata: Metadata, path: string): RpcError | undefined {
    const [given] = credentialsOf(metadata);
    if (given === undefined) return open.has(path) ? undefined : accessDenied();
    if (given === `${user.name}:${user.password}`) return undefined;
    return new RpcError(status.UNAUTHENTICATED, 'Unauthenticated');
  }
  return ({ path }, call) =>
    new ServerInterceptingCall(call, {
      start(next) {
        next({
          onReceiveMetadata(metadata, go) {
            const error = refusalOf(metadata, path);
            if (error === undefined) go(metadata);
            else call.sendStatus(error);
          },
        });
      },
    });
}

/** True where a call names no user. */
export const isAnonymous = (metadata: Metadata): boolean => credentialsOf(metadata).length === 0;

/** Whom the server takes the caller for. */
export const userOf = (metadata: Metadata): string => credentialsOf(metadata)[0]?.split(':')[0] ?? 'anonymous';

/** `name:password`; what is not of that form counts for nothing. */
function credentialsOf(metadata: Metadata): string[] {
  return metadata.get('authorization').flatMap((header) => {
    const [, encoded = ''] = /^Basic (.+)$/i.exec(String(header)) ?? [];
    const credentials = Buffer.from(encoded, 'base64').toString('utf8');
    return credentials.includes(':') ? [credentials] : [];
  });
}
