import { z } from 'zod';
import { avatarSchema, usernameSchema } from '../domain/user/user.ts';
import { WeiliaoError } from '../shared/errors.ts';
import { callerOf } from './caller.ts';
import { acknowledge } from './context.ts';
import type { ApiContext } from './context.ts';
import { toUser } from './documents.ts';
import { callerRoute } from './route.ts';
import type { App } from './route.ts';
import {
  answer,
  bodyProblems,
  commandAnswer,
  commandProblems,
  emptyCommandAnswer,
  offer,
  problems,
  userIdParameter,
  userSchema,
} from './schemas.ts';

const changeSchema = z
  .object({
    username: usernameSchema.describe('The name people see').optional(),
    avatar: avatarSchema.describe('An https address or a path; null: none').optional(),
  })
  .refine(({ username, avatar }) => username !== undefined || avatar !== undefined, 'must change username or avatar')
  .meta(offer({ username: 'zhang san' }));

/** Users change themselves. */
export function changeUser(app: App, context: ApiContext): void {
  const { common, ofCaller, onRequest } = callerRoute(context, 'users');
  app.patch(
    '/v1/users/:id',
    {
      onRequest,
      schema: {
        ...common,
        operationId: 'changeUser',
        summary: "Change one's own name or picture",
        description:
          'What is not given stays. Friend lists show it at once, messages keep the name they were sent under.',
        params: z.object({ id: userIdParameter('The caller', '1001') }),
        body: changeSchema,
        response: {
          200: commandAnswer('The user as they are now', userSchema),
          ...problems(...ofCaller, 'FORBIDDEN', 'USER_NOT_FOUND', 'RATE_LIMITED', ...commandProblems),
          ...bodyProblems,
        },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      if (callerOf(request) !== id) throw new WeiliaoError('FORBIDDEN', 'users change themselves only');
      const { user, position } = await context.commands.changeUser(id, request.body);
      acknowledge(reply, context, position);
      return toUser({ ...user, _id: user.id });
    },
  );
}

const blocksSchema = z.object({
  items: z.array(z.object({ user: z.string(), since: z.int().describe('Epoch milliseconds') }).meta({ id: 'Block' })),
});

/** Whom the caller wants to hear nothing of. */
export function blockRoutes(app: App, context: ApiContext): void {
  const { common, ofCaller, onRequest } = callerRoute(context, 'users');
  app.get(
    '/v1/blocks',
    {
      onRequest,
      schema: {
        ...common,
        operationId: 'listBlocks',
        summary: 'Whom the caller has blocked',
        description: 'From the log itself: a block is here as soon as it is answered.',
        response: {
          200: answer('All of them, in the order of their blocking', blocksSchema),
          ...problems(...ofCaller, 'STORE_UNAVAILABLE'),
        },
      },
    },
    async (request) => {
      const { blocked, position } = await context.commands.blocksOf(callerOf(request));
      request.position = position;
      return { items: [...blocked].map(([id, since]) => ({ user: id, since })) };
    },
  );
  setBlock(app, context, { method: 'PUT', on: true, operationId: 'block', summary: 'Block a user' });
  setBlock(app, context, { method: 'DELETE', on: false, operationId: 'unblock', summary: 'Take a block back' });
}

interface BlockRoute {
  readonly method: 'PUT' | 'DELETE';
  readonly on: boolean;
  readonly operationId: string;
  readonly summary: string;
}

function setBlock(app: App, context: ApiContext, { method, on, operationId, summary }: BlockRoute): void {
  const { common, ofCaller, onRequest } = callerRoute(context, 'users');
  app.route({
    method,
    url: '/v1/blocks/:user',
    onRequest,
    schema: {
      ...common,
      operationId,
      summary,
      description: 'While one of two has blocked the other, neither can send to the other: `BLOCKED`.',
      params: z.object({ user: userIdParameter('The other one', '1005') }),
      response: {
        204: emptyCommandAnswer('Done, or so already'),
        ...problems(...ofCaller, 'USER_NOT_FOUND', 'RATE_LIMITED', ...commandProblems),
      },
    },
    async handler(request, reply) {
      const { position } = await context.commands.setBlock(callerOf(request), request.params.user, on);
      acknowledge(reply, context, position);
      return reply.code(204).send(null);
    },
  });
}
