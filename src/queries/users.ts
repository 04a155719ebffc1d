import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { avatarSchema, usernameSchema } from '../domain/user/user.ts';
import { maxPageItems } from '../protocol/limits.ts';
import { WeiliaoError } from '../shared/errors.ts';
import { identifyCaller } from './caller.ts';
import { acknowledge, reached } from './context.ts';
import type { ApiContext } from './context.ts';
import { blockRoutes, changeUser } from './profile.ts';
import { toUser } from './documents.ts';
import type { App } from './route.ts';
import { noSecurity, security } from './openapi.ts';
import {
  answer,
  bodyProblems,
  callerProblems,
  commandAnswer,
  commandProblems,
  createdAnswer,
  integerParameter,
  offer,
  problems,
  queryHeaders,
  queryProblems,
  userIdField,
  userIdParameter,
  userSchema,
} from './schemas.ts';

/** No id or name is longer. */
const maxQueryLength = 256;

const newUserSchema = z
  .object({
    id: userIdField,
    username: usernameSchema.describe('The name people see'),
    avatar: avatarSchema.default(null).describe('URL or path of a picture'),
  })
  .meta(offer({ id: '1006', username: 'qianqi', avatar: null }));

/** Users. In mode none anybody may register and look; else both routes ask who the caller is. */
export const userRoutes: FastifyPluginCallbackZod<ApiContext> = (app, context, done) => {
  registerUser(app, context);
  getUser(app, context);
  changeUser(app, context);
  blockRoutes(app, context);
  if (context.config.directory) findUsers(app, context);
  else app.get('/v1/users', { schema: { hide: true } }, (_request, reply) => reply.callNotFound());
  done();
};

function registerUser(app: App, context: ApiContext): void {
  const { known, common, ofCaller, guard } = routeOf(context);
  app.post(
    '/v1/users',
    {
      ...guard,
      config: { registers: true },
      schema: {
        ...common,
        operationId: 'registerUser',
        summary: 'Register a user',
        description: known ? 'Registers the caller: `id` must be the caller’s.' : 'Registers any user.',
        body: newUserSchema,
        response: {
          201: createdAnswer('Registered', userSchema),
          200: commandAnswer('The same user was there already', userSchema),
          ...problems(...ofCaller, 'USER_EXISTS', ...commandProblems),
          ...bodyProblems,
        },
      },
    },
    async (request, reply) => {
      const { id, username, avatar } = request.body;
      if (request.caller !== null && request.caller !== id) {
        throw new WeiliaoError('FORBIDDEN', 'users register themselves only: id must be the caller’s');
      }
      const { user, changed: created, position } = await context.commands.registerUser({ id, username, avatar });
      acknowledge(reply, context, position);
      if (created) reply.header('Location', `${context.config.basePath}/v1/users/${user.id}`);
      return reply.code(created ? 201 : 200).send({ id: user.id, username: user.username, avatar: user.avatar });
    },
  );
}

function getUser(app: App, context: ApiContext): void {
  const { common, ofCaller, guard } = routeOf(context);
  app.get(
    '/v1/users/:id',
    {
      ...guard,
      schema: {
        ...common,
        operationId: 'getUser',
        summary: 'Look up a user',
        description: 'One who has registered a moment ago is there at once.',
        params: z.object({ id: userIdParameter('The user', '1001') }),
        headers: queryHeaders,
        response: {
          200: answer('The user', userSchema),
          ...problems(...ofCaller, 'USER_NOT_FOUND', ...queryProblems, 'STORE_UNAVAILABLE'),
        },
      },
    },
    async (request) => {
      const { id } = request.params;
      // What was written of the user here is shown at once, whoever asks.
      await reached(context, request, id, ...(request.caller === null ? [] : [request.caller]));
      const user = await context.readModel.user(id);
      if (user !== undefined) return { id, username: user.username, avatar: user.avatar };
      // Registered a moment ago, perhaps: the log knows at once.
      const registered = await context.commands.findUser(id);
      if (registered === undefined) throw new WeiliaoError('USER_NOT_FOUND', `nobody registered ${id}`);
      return { id, username: registered.username, avatar: registered.avatar };
    },
  );
}

const findQuerySchema = z.object({
  query: z
    .string()
    .min(1, 'must be at least one character')
    .max(maxQueryLength)
    .meta({ description: 'What an id or a name begins with', ...offer('zhang') }),
  limit: integerParameter(1, maxPageItems).default(20).describe('Most users in the answer'),
});

/** Anybody can find anybody: only where that is wanted (DIRECTORY). */
function findUsers(app: App, context: ApiContext): void {
  const { common, ofCaller, guard } = routeOf(context);
  app.get(
    '/v1/users',
    {
      ...guard,
      schema: {
        ...common,
        operationId: 'findUsers',
        summary: 'Find users by what their id or name begins with',
        description: 'Those whose id does come first, by id; then the others, by name. Case counts.',
        querystring: findQuerySchema,
        headers: queryHeaders,
        response: {
          200: answer('Users', z.object({ items: z.array(userSchema) })),
          ...problems(...ofCaller, ...queryProblems),
        },
      },
    },
    async (request) => {
      const { query, limit } = request.query;
      await reached(context, request, ...(request.caller === null ? [] : [request.caller]));
      return { items: (await context.readModel.usersStarting(query, limit)).map(toUser) };
    },
  );
}

/** What the routes of this resource have in common. */
function routeOf(context: ApiContext) {
  const { authenticator } = context;
  const { mode } = authenticator;
  const known = mode !== 'none';
  return {
    known,
    common: { tags: ['users'], ...(known ? security(authenticator) : noSecurity) },
    ofCaller: known ? callerProblems(mode) : [],
    guard: known ? { onRequest: identifyCaller(context) } : {},
  };
}
