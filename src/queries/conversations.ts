import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { callerOf, identifyCaller } from './caller.ts';
import { acknowledge, askedPosition } from './context.ts';
import type { ApiContext } from './context.ts';
import { assertMayBeIn, conversationOf, toMessageFor } from './documents.ts';
import { friendListSchema, pageCursorSchema, readFriendList } from './friend-list.ts';
import { security } from './openapi.ts';
import {
  answer,
  callerProblems,
  commandAnswer,
  commandProblems,
  conversationIdParameter,
  integerParameter,
  messageSchema,
  pageLimit,
  problems,
  queryHeaders,
  queryProblems,
  seqSchema,
} from './schemas.ts';

const seqFieldError = 'must be a seq: a whole number from 1';
const readSchema = z.object({
  seq: z.int({ error: seqFieldError }).positive({ error: seqFieldError }).describe('Everything up to here is read'),
});

const historyQuerySchema = z
  .object({
    limit: pageLimit,
    before: integerParameter(1).optional().describe('Only messages below this seq, newest first'),
    after: integerParameter(0).optional().describe('Only messages above this seq, oldest first'),
    asOf: z.never({ error: 'is not served by this build' }).optional(),
  })
  .check((check) => {
    const { before, after } = check.value;
    if (before === undefined || after === undefined) return;
    for (const path of ['before', 'after']) {
      check.issues.push({
        code: 'custom',
        path: [path],
        message: 'give before or after, not both',
        input: check.value,
      });
    }
  });

const friendListQuerySchema = z.object({ limit: pageLimit, before: pageCursorSchema.optional() });

export const conversationRoutes: FastifyPluginCallbackZod<ApiContext> = (app, context, done) => {
  const { authenticator, commands, freshness, readModel, seenBy } = context;
  const common = { tags: ['conversations'], ...security(authenticator.mode) };
  const ofCaller = callerProblems(authenticator.mode);
  const onRequest = identifyCaller(authenticator);

  app.get(
    '/v1/conversations',
    {
      onRequest,
      schema: {
        ...common,
        operationId: 'listConversations',
        summary: 'The friend list: own conversations, newest activity first',
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
      await freshness.reached({ atLeast: askedPosition(request, context), hoped: seenBy(user) });
      return readFriendList(context, { user, ...request.query });
    },
  );

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
          200: answer(
            'A page of messages',
            z.object({ items: z.array(messageSchema), lastSeq: seqSchema.describe('Seq of the newest message') }),
          ),
          ...problems(...ofCaller, 'CONVERSATION_NOT_FOUND', ...queryProblems),
        },
      },
    },
    async (request) => {
      const reader = callerOf(request);
      const { id } = request.params;
      const { limit, before, after } = request.query;
      assertMayBeIn(id, reader);
      const fresh = await freshness.reached({ atLeast: askedPosition(request, context), hoped: seenBy(reader) });
      const { conversation, member } = await conversationOf(readModel, { id, user: reader, fresh });
      const documents = await readModel.messages({
        conversation: id,
        limit,
        ...(before !== undefined && { before }),
        ...(after !== undefined && { after }),
      });
      const items = documents.map((document) => toMessageFor(member, document));
      // The page is read after the conversation, so it may already hold newer messages.
      return { items, lastSeq: Math.max(conversation.last_seq, items[0]?.seq ?? 0, items.at(-1)?.seq ?? 0) };
    },
  );

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
        },
      },
    },
    async (request, reply) => {
      const reader = callerOf(request);
      const { id } = request.params;
      assertMayBeIn(id, reader);
      const { position, conversation, seq } = await commands.markRead({
        reader,
        conversation: id,
        seq: request.body.seq,
        correlationId: request.id,
      });
      acknowledge(reply, context, position);
      return { conversation, seq };
    },
  );

  done();
};
