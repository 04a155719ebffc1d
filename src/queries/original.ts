import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { directConversationId } from '../domain/conversation/conversation-id.ts';
import { originalId, originalIdSchema, originalMessageSchema, toOriginalMessage } from '../protocol/original-frames.ts';
import { avatarPath, avatarRoute } from './avatars.ts';
import { toWeiliaoError } from '../shared/errors.ts';
import type { MessageDocument, UserDocument } from '../read-model/documents.ts';
import type { ApiContext } from './context.ts';
import { toMessage } from './documents.ts';
import { noSecurity } from './openapi.ts';
import type { App } from './route.ts';
import { answer, integerParameter, problems, queryProblems, userIdParameter } from './schemas.ts';

const maxRows = 200;

const pageQuerySchema = z.object({
  fromId: userIdParameter('The user who reads', '1001'),
  toId: userIdParameter('The other side', '1002'),
  page: integerParameter(1, Math.floor(Number.MAX_SAFE_INTEGER / maxRows)).default(1),
  rows: integerParameter(1, maxRows).default(10).describe('Messages in a page'),
});

const originalUserSchema = z.object({
  id: originalIdSchema,
  avatar: z.string().describe('The address of a picture: the user’s own, or one that is drawn from the name'),
  from_user: originalIdSchema,
  info_type: z.null(),
  to_user: originalIdSchema,
  username: z.string(),
  chat_msg: z.string().optional().describe('The last message of the pair'),
  chat_time: z.int().optional().describe('Its date, epoch milliseconds'),
});

/** The original page knows no further ones; who does gets them by the header `Link`. */
const maxUsers = 1_000;

const usersQuerySchema = z.object({
  fromId: userIdParameter('The user who asks', '1001'),
  after: userIdParameter('Only users whose id is above this one').optional(),
  limit: integerParameter(1, maxUsers).default(maxUsers).describe('Most users to look through'),
});

/** The two routes of the original system, whose clients know no headers. */
export const originalRoutes: FastifyPluginCallbackZod<ApiContext> = (app, context, done) => {
  originalMessages(app, context);
  originalUsers(app, context);
  avatarRoute(app, context);
  done();
};

const open = { tags: ['original'], ...noSecurity };

async function caughtUp({ freshness, seenBy }: ApiContext, user: string): Promise<void> {
  await freshness.reached({ atLeast: undefined, hoped: Math.max(seenBy(user), freshness.newest()) });
}

function originalMessages(app: App, context: ApiContext): void {
  app.get(
    '/message',
    {
      exposeHeadRoute: false,
      config: { writes: true },
      schema: {
        ...open,
        operationId: 'originalMessages',
        summary: 'A page of both directions, oldest first',
        description:
          'What was sent to `fromId` up to this page is marked as read; the answer shows it as it was before.',
        querystring: pageQuerySchema,
        response: {
          200: answer('Messages', z.array(originalMessageSchema)),
          ...problems(...queryProblems),
        },
      },
    },
    async (request) => {
      const { fromId, toId, page, rows } = request.query;
      await caughtUp(context, fromId);
      const conversation = directConversationId(fromId, toId);
      const documents = await context.readModel.messages({ conversation, after: (page - 1) * rows, limit: rows });
      await markPageRead(context, { user: fromId, correlationId: request.id }, documents);
      return documents.map((document) => toOriginalMessage(toMessage(document)));
    },
  );
}

function originalUsers(app: App, context: ApiContext): void {
  const { readModel } = context;
  app.get(
    '/user',
    {
      schema: {
        ...open,
        operationId: 'originalUsers',
        summary: 'Other users, with the last message of the pair',
        description:
          'By id as text. Where there are more than `limit`, header `Link` names the next page (`rel="next"`).',
        querystring: usersQuerySchema,
        response: {
          200: answer('Users', z.array(originalUserSchema)),
          ...problems(...queryProblems),
        },
      },
    },
    async (request, reply) => {
      const { fromId, after, limit } = request.query;
      await caughtUp(context, fromId);
      const found = await readModel.users({ limit: limit + 1, ...(after !== undefined && { after }) });
      const page = found.slice(0, limit);
      const last = page.at(-1);
      if (found.length > limit && last !== undefined) {
        const next = new URLSearchParams({ fromId, after: last._id, limit: String(limit) });
        reply.header('Link', `<${context.config.basePath}/user?${next.toString()}>; rel="next"`);
      }
      const others = page.filter((user) => user._id !== fromId);
      const conversationWith = (user: UserDocument) => directConversationId(fromId, user._id);
      const newest = await readModel.newestMessages(others.map(conversationWith));
      const byConversation = new Map(newest.map((message) => [message.conversation, message]));
      const from = { asker: fromId, basePath: context.config.basePath };
      return others.map((user) => toOriginalUser(from, user, byConversation.get(conversationWith(user))));
    },
  );
}

/** A read must not fail because it could not be noted: what stays unread is marked by the next one. */
async function markPageRead(
  { commands, logger }: ApiContext,
  by: { readonly user: string; readonly correlationId: string },
  documents: readonly MessageDocument[],
): Promise<void> {
  const newest = documents.findLast(({ to, status }) => to?.id === by.user && status === 1);
  if (newest === undefined) return;
  const { conversation, seq } = newest;
  try {
    await commands.markRead({ ...by, conversation, seq });
  } catch (error) {
    if (!toWeiliaoError(error).temporary) throw error;
    logger.warn({ error, conversation, seq }, 'page not marked as read');
  }
}

function toOriginalUser(
  { asker, basePath }: { readonly asker: string; readonly basePath: string },
  { _id: id, avatar, username }: UserDocument,
  last: MessageDocument | undefined,
): z.infer<typeof originalUserSchema> {
  return {
    id: originalId(id),
    avatar: avatar ?? basePath + avatarPath(id),
    from_user: originalId(asker),
    info_type: null,
    to_user: originalId(id),
    username,
    ...(last && { chat_msg: last.msg, chat_time: last.send_date }),
  };
}
