import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { traceparentIn } from '../shared/tracing.ts';
import { callerOf } from './caller.ts';
import { acknowledge, reached } from './context.ts';
import type { ApiContext } from './context.ts';
import { rosterFor } from './documents.ts';
import { friendListSchema, pageCursorSchema, readFriendList } from './friend-list.ts';
import { historyQuerySchema, historySchema, readHistory } from './history.ts';
import { callerRoute } from './route.ts';
import type { App } from './route.ts';
import {
  answer,
  bodyProblems,
  commandAnswer,
  commandProblems,
  conversationIdParameter,
  offer,
  pageLimit,
  problems,
  queryHeaders,
  queryProblems,
  seqSchema,
} from './schemas.ts';

const seqFieldError = 'must be a seq: a whole number from 1';
const readSchema = z
  .object({
    seq: z.int({ error: seqFieldError }).positive({ error: seqFieldError }).describe('Everything up to here is read'),
  })
  .meta(offer({ seq: 1 }));

const friendListQuerySchema = z.object({ limit: pageLimit, before: pageCursorSchema.optional() });

export const conversationRoutes: FastifyPluginCallbackZod<ApiContext> = (app, context, done) => {
  listConversations(app, context);
  listMessages(app, context);
  markRead(app, context);
  done();
};

function listConversations(app: App, context: ApiContext): void {
  const { common, ofCaller, onRequest } = callerRoute(context, 'conversations');
  app.get(
    '/v1/conversations',
    {
      onRequest,
      schema: {
        ...common,
        operationId: 'listConversations',
        summary: 'The friend list: own conversations, newest activity first',
        description: 'Each with its last message and the count of what is unread. `next` leads to older ones.',
        querystring: friendListQuerySchema,
        headers: queryHeaders,
        response: {
          200: answer('A page of the friend list', friendListSchema),
          ...problems(...ofCaller, ...queryProblems),
        },
      },
    },
    async (request) => {
      const user = callerOf(request);
      await reached(context, request, user);
      return readFriendList(context, { user, ...request.query });
    },
  );
}

function listMessages(app: App, context: ApiContext): void {
  const { common, ofCaller, onRequest } = callerRoute(context, 'conversations');
  app.get(
    '/v1/conversations/:id/messages',
    {
      onRequest,
      schema: {
        ...common,
        operationId: 'listMessages',
        summary: 'Messages of a conversation, by seq',
        description: 'Newest first with `before` or neither bound, oldest first with `after`.',
        params: conversationIdParameter,
        querystring: historyQuerySchema,
        headers: queryHeaders,
        response: {
          200: answer('A page of messages', historySchema),
          ...problems(...ofCaller, 'CONVERSATION_NOT_FOUND', ...queryProblems),
        },
      },
    },
    async (request) => {
      const reader = callerOf(request);
      const fresh = (): Promise<boolean> => reached(context, request, reader);
      return readHistory(context, { conversation: request.params.id, reader, ...request.query, fresh });
    },
  );
}

function markRead(app: App, context: ApiContext): void {
  const { common, ofCaller, onRequest } = callerRoute(context, 'conversations');
  app.put(
    '/v1/conversations/:id/read',
    {
      onRequest,
      schema: {
        ...common,
        operationId: 'markRead',
        summary: 'Mark as read up to a seq',
        description: 'A lower seq than before changes nothing.',
        params: conversationIdParameter,
        body: readSchema,
        response: {
          200: commandAnswer(
            'Everything up to this seq is read',
            z.object({ conversation: z.string(), seq: seqSchema }),
          ),
          ...problems(...ofCaller, 'CONVERSATION_NOT_FOUND', 'SEQ_OUT_OF_RANGE', ...commandProblems),
          ...bodyProblems,
        },
      },
    },
    async (request, reply) => {
      const reader = callerOf(request);
      const { id } = request.params;
      await rosterFor(context.rosters, id, reader);
      const { position, conversation, seq } = await context.commands.markRead({
        user: reader,
        conversation: id,
        seq: request.body.seq,
        correlationId: request.id,
        traceparent: traceparentIn(request.headers['traceparent']),
      });
      acknowledge(reply, context, position);
      return { conversation, seq };
    },
  );
}
