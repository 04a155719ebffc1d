import type { FastifyRequest, onRequestAsyncHookHandler } from 'fastify';
import type { Authenticator } from '../auth/authenticator.ts';
import { userIdSchema } from '../domain/user/user.ts';
import { WeiliaoError } from '../shared/errors.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; null where the route asks for nobody. */
    caller: string | null;
  }
}

/** Finds out who asks, before anything of the request is read. Throws `NOT_AUTHENTICATED`. */
export function identifyCaller(authenticator: Authenticator): onRequestAsyncHookHandler {
  return async (request) => {
    request.caller =
      authenticator.mode === 'none' ? namedUser(request) : await authenticator.verify(bearerToken(request));
  };
}

/** Who asks. For routes that `identifyCaller` stands before. */
export function callerOf(request: FastifyRequest): string {
  if (request.caller === null) throw new WeiliaoError('NOT_AUTHENTICATED', 'this route needs a user');
  return request.caller;
}

function namedUser(request: FastifyRequest): string {
  const header = request.headers['x-user-id'];
  if (header === undefined) throw new WeiliaoError('NOT_AUTHENTICATED', 'header X-User-Id is missing');
  const user = userIdSchema.safeParse(header);
  if (!user.success) throw new WeiliaoError('NOT_AUTHENTICATED', 'header X-User-Id is no user id');
  return user.data;
}

function bearerToken(request: FastifyRequest): string {
  const [scheme, token, rest] = (request.headers.authorization ?? '').trim().split(/ +/);
  if (scheme?.toLowerCase() !== 'bearer' || token === undefined || rest !== undefined) {
    throw new WeiliaoError('NOT_AUTHENTICATED', 'header Authorization: Bearer is missing');
  }
  return token;
}
