import type { FastifyRequest, onRequestAsyncHookHandler } from 'fastify';
import { authenticate } from '../auth/authenticator.ts';
import { userIdSchema } from '../domain/user/user.ts';
import { WeiliaoError } from '../shared/errors.ts';
import type { ApiContext } from './context.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; null where the route asks for nobody. */
    caller: string | null;
  }
}

/** Finds out who asks, before anything of the request is read. Throws `NOT_AUTHENTICATED`. */
export function identifyCaller({
  authenticator,
  commands,
}: Pick<ApiContext, 'authenticator' | 'commands'>): onRequestAsyncHookHandler {
  return async (request) => {
    const { mode, userHeader = 'x-user-id' } = authenticator;
    if (mode !== 'jwt') request.caller = namedUser(request, userHeader);
    else request.caller = (await authenticate(bearerToken(request), authenticator, commands)).user;
  };
}

/** Who asks. For routes that `identifyCaller` stands before. */
export function callerOf(request: FastifyRequest): string {
  if (request.caller === null) throw new WeiliaoError('NOT_AUTHENTICATED', 'this route needs a user');
  return request.caller;
}

function namedUser({ headers }: FastifyRequest, name: string): string {
  const header = headers[name];
  if (header === undefined) throw new WeiliaoError('NOT_AUTHENTICATED', `header ${name} is missing`);
  const user = userIdSchema.safeParse(header);
  if (!user.success) throw new WeiliaoError('NOT_AUTHENTICATED', `header ${name} is no user id`);
  return user.data;
}

function bearerToken(request: FastifyRequest): string {
  const [scheme, token, rest] = (request.headers.authorization ?? '').trim().split(/ +/);
  if (scheme?.toLowerCase() !== 'bearer' || token === undefined || rest !== undefined) {
    throw new WeiliaoError('NOT_AUTHENTICATED', 'header Authorization: Bearer is missing');
  }
  return token;
}
