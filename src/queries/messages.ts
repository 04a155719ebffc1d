import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { SendMessageInput } from '../commands/commands.ts';
import { parseMessageId } from '../domain/conversation/conversation-id.ts';
import { clientIdSchema, messageTextSchema } from '../domain/conversation/message-text.ts';
import { callerOf, identifyCaller } from './caller.ts';
import { acknowledge, askedPosition } from './context.ts';
import type { ApiContext } from './context.ts';
import { absent, assertMayBeIn, conversationOf, toMessage, toMessageFor } from './documents.ts';
import { security } from './openapi.ts';
import {
  answer,
  callerProblems,
  commandAnswer,
  commandProblems,
  messageSchema,
  problems,
  queryHeaders,
  queryProblems,
  seqSchema,
  timeSchema,
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
  .meta({ oneOf: [{ required: ['to'] }, { required: ['conversation'] }] });

const acknowledgementSchema = z
  .object({
    id: z.string().describe('The client message id'),
    message: z.string().describe('Message id'),
    conversation: z.string(),
    seq: seqSchema,
    revision: z.int().nonnegative(),
    sendDate: timeSchema,
    duplicate: z.boolean().describe('True where it was stored before: the values are then the first ones'),
  })
  .meta({ id: 'Ack', description: 'The message is durable' });

const sendProblems = ['USER_NOT_FOUND', 'CONVERSATION_NOT_FOUND', 'IDEMPOTENCY_CONFLICT', 'RATE_LIMITED'] as const;

export const messageRoutes: FastifyPluginCallbackZod<ApiContext> = (app, context, done) => {
  const { authenticator, commands, freshness, readModel, seenBy } = context;
  const common = { tags: ['messages'], ...security(authenticator.mode) };
  const ofCaller = callerProblems(authenticator.mode);
  const onRequest = identifyCaller(authenticator);

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
          201: commandAnswer('Stored', acknowledgementSchema),
          200: commandAnswer('Stored before', acknowledgementSchema),
          ...problems(...ofCaller, ...sendProblems, ...commandProblems),
        },
      },
    },
    async (request, reply) => {
      const { id, to, conversation, msg } = request.body;
      const sender = callerOf(request);
      if (conversation !== undefined) assertMayBeIn(conversation, sender);
      const input: SendMessageInput = {
        sender,
        clientId: id,
        msg,
        correlationId: request.id,
        ...(to !== undefined && { to }),
        ...(conversation !== undefined && { conversation }),
      };
      const outcome = await commands.sendMessage(input);
      const { message, seq, revision, sendDate, duplicate } = outcome;
      acknowledge(reply, context, outcome.position);
      if (!duplicate) reply.header('Location', `/v1/messages/${encodeURIComponent(message)}`);
      return reply
        .code(duplicate ? 200 : 201)
        .send({ id, message, conversation: outcome.conversation, seq, revision, sendDate, duplicate });
    },
  );

  app.get(
    '/v1/messages/:id',
    {
      onRequest,
      schema: {
        ...common,
        operationId: 'getMessage',
        summary: 'Look up a message',
        params: z.object({ id: z.string().describe('Message id') }),
        headers: queryHeaders,
        response: {
          200: answer('The message', messageSchema),
          ...problems(...ofCaller, 'CONVERSATION_NOT_FOUND', ...queryProblems),
        },
      },
    },
    async (request) => {
      const reader = callerOf(request);
      const conversation = parseMessageId(request.params.id)?.conversation ?? '';
      assertMayBeIn(conversation, reader);
      const fresh = await freshness.reached({ atLeast: askedPosition(request, context), hoped: seenBy(reader) });
      const message = await readModel.message(request.params.id);
      if (message === undefined) throw absent(fresh);
      if (message.to !== null) return toMessage(message);
      return toMessageFor((await conversationOf(readModel, { id: conversation, user: reader, fresh })).member, message);
    },
  );

  done();
};
