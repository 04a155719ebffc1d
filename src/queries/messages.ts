import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { parseMessageId } from '../domain/conversation/conversation-id.ts';
import { clientIdSchema, messageTextSchema } from '../domain/conversation/message-text.ts';
import { messageSchema, revisionSchema, timeSchema } from '../protocol/message.ts';
import { traceparentIn } from '../shared/tracing.ts';
import { callerOf } from './caller.ts';
import { acknowledge, reached } from './context.ts';
import type { ApiContext } from './context.ts';
import { absent, rosterFor, toMessageFor } from './documents.ts';
import { callerRoute } from './route.ts';
import type { App } from './route.ts';
import {
  answer,
  bodyProblems,
  commandAnswer,
  commandProblems,
  createdAnswer,
  offer,
  problems,
  queryHeaders,
  queryProblems,
  seqSchema,
  userIdField,
} from './schemas.ts';

const newMessageSchema = z
  .object({
    id: clientIdSchema.describe('Client message id, a UUIDv7 by habit: the same one sends the same message once'),
    to: userIdField.optional().describe('The addressee'),
    conversation: z.string().optional().describe('Instead of `to`: a conversation that the sender is in'),
    msg: messageTextSchema.describe('1 to 8,192 bytes of UTF-8'),
  })
  .check((check) => {
    const { to, conversation } = check.value;
    if ((to === undefined) !== (conversation === undefined)) return;
    const message = 'give exactly one of to and conversation';
    check.issues.push({ code: 'custom', path: ['to'], message, input: to });
    check.issues.push({ code: 'custom', path: ['conversation'], message, input: conversation });
  })
  .meta({
    oneOf: [{ required: ['to'] }, { required: ['conversation'] }],
    ...offer({ id: '0192f0c1-7d4e-7cc0-8a37-2f6c6f1b2a01', to: '1002', msg: 'hello' }),
  });

const acknowledgementSchema = z
  .object({
    id: z.string().describe('The client message id'),
    message: z.string().describe('Message id'),
    conversation: z.string(),
    seq: seqSchema,
    revision: revisionSchema,
    sendDate: timeSchema,
    duplicate: z.boolean().describe('True where it was stored before: the values are then the first ones'),
  })
  .meta({ id: 'Ack', description: 'The message is durable' });

const sendProblems = [
  'USER_NOT_FOUND',
  'CONVERSATION_NOT_FOUND',
  'BLOCKED',
  'IDEMPOTENCY_CONFLICT',
  'RATE_LIMITED',
] as const;

export const messageRoutes: FastifyPluginCallbackZod<ApiContext> = (app, context, done) => {
  sendMessage(app, context);
  getMessage(app, context);
  done();
};

function sendMessage(app: App, context: ApiContext): void {
  const { common, ofCaller, onRequest } = callerRoute(context, 'messages');
  app.post(
    '/v1/messages',
    {
      onRequest,
      schema: {
        ...common,
        operationId: 'sendMessage',
        summary: 'Send a message',
        description: 'Answers once the message is durable. Without an answer send the same again: it is stored once.',
        body: newMessageSchema,
        response: {
          201: createdAnswer('Stored', acknowledgementSchema),
          200: commandAnswer('Stored before', acknowledgementSchema),
          ...problems(...ofCaller, ...sendProblems, ...commandProblems),
          ...bodyProblems,
        },
      },
    },
    async (request, reply) => {
      const { id, conversation } = request.body;
      const sender = callerOf(request);
      if (conversation !== undefined) await rosterFor(context.rosters, conversation, sender);
      const outcome = await context.commands.sendMessage({
        ...request.body,
        user: sender,
        correlationId: request.id,
        traceparent: traceparentIn(request.headers['traceparent']),
      });
      const { message, seq, revision, sendDate, duplicate } = outcome;
      acknowledge(reply, context, outcome.position);
      const { basePath } = context.config;
      if (!duplicate) reply.header('Location', `${basePath}/v1/messages/${encodeURIComponent(message)}`);
      return reply
        .code(duplicate ? 200 : 201)
        .send({ id, message, conversation: outcome.conversation, seq, revision, sendDate, duplicate });
    },
  );
}

function getMessage(app: App, context: ApiContext): void {
  const { common, ofCaller, onRequest } = callerRoute(context, 'messages');
  app.get(
    '/v1/messages/:id',
    {
      onRequest,
      schema: {
        ...common,
        operationId: 'getMessage',
        summary: 'Look up a message',
        description: 'Of a conversation that the caller is in; any other id is not found.',
        params: z.object({ id: z.string().meta({ description: 'Message id', ...offer('dm~1001~1002:1') }) }),
        headers: queryHeaders,
        response: {
          200: answer('The message', messageSchema),
          ...problems(...ofCaller, 'CONVERSATION_NOT_FOUND', ...queryProblems),
        },
      },
    },
    async (request) => {
      const reader = callerOf(request);
      const { conversation = '', seq = 0 } = parseMessageId(request.params.id) ?? {};
      const roster = await rosterFor(context.rosters, conversation, reader);
      const fresh = await reached(context, request, reader);
      const [message, membership] = await Promise.all([
        context.readModel.message(request.params.id),
        roster.direct ? undefined : context.readModel.membership(reader, conversation),
      ]);
      if (message === undefined || seq <= (roster.joinedSeq(reader) ?? Infinity)) throw absent(fresh);
      return toMessageFor(membership, message);
    },
  );
}
