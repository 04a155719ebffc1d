import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { directConversationId } from '../domain/conversation/conversation-id.ts';
import { peerIn } from '../domain/conversation/rosters.ts';
import { messageSchema } from '../protocol/message.ts';
import type { Message } from '../protocol/message.ts';
import { toWeiliaoError } from '../shared/errors.ts';
import type { MessageDocument } from '../read-model/documents.ts';
import type { ApiContext } from './context.ts';
import { toMessage } from './documents.ts';
import type { App } from './route.ts';
import { answer, integerParameter, problems, queryProblems, userIdParameter } from './schemas.ts';

const maxRows = 200;

const pageQuerySchema = z.object({
  fromId: userIdParameter('The user who reads'),
  toId: userIdParameter('The other side'),
  page: integerParameter(1, Math.floor(Number.MAX_SAFE_INTEGER / maxRows)).default(1),
  rows: integerParameter(1, maxRows).default(10).describe('Messages in a page'),
});

const originalIdSchema = z.union([z.string(), z.number()]).describe('A number where the id is one');

const originalUserSchema = z.object({
  id: originalIdSchema,
  avatar: z.string().nullable(),
  from_user: originalIdSchema,
  info_type: z.null(),
  to_user: originalIdSchema,
  username: z.string(),
  chat_msg: z.string().optional().describe('The last message of the pair'),
  chat_time: z.int().optional().describe('Its date, epoch milliseconds'),
});

/** More than any user has: the list of the original system comes in one piece. */
const everyConversation = 1_000_000;

/** The original system had numbers for user ids. */
function originalId(id: string): string | number {
  const number = Number(id);
  return Number.isSafeInteger(number) && String(number) === id ? number : id;
}

/** The two routes of the original system, whose clients know no headers. */
export const originalRoutes: FastifyPluginCallbackZod<ApiContext> = (app, context, done) => {
  originalMessages(app, context);
  originalUsers(app, context);
  done();
};

const tags = ['original'];

function caughtUp({ freshness, seenBy }: ApiContext, user: string): Promise<boolean> {
  return freshness.reached({ atLeast: undefined, hoped: Math.max(seenBy(user), freshness.newest()) });
}

function originalMessages(app: App, context: ApiContext): void {
  app.get(
    '/message',
    {
      exposeHeadRoute: false,
      config: { writes: true },
      schema: {
        tags,
        operationId: 'originalMessages',
        summary: 'A page of both directions, oldest first',
        description:
          'What was sent to `fromId` up to this page is marked as read; the answer shows it as it was before.',
        querystring: pageQuerySchema,
        response: {
          200: answer('Messages', z.array(messageSchema)),
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
      return documents.map(toMessage);
    },
  );
}

function originalUsers(app: App, context: ApiContext): void {
  const { readModel } = context;
  app.get(
    '/user',
    {
      schema: {
        tags,
        operationId: 'originalUsers',
        summary: 'Every other user, with the last message of the pair',
        querystring: z.object({ fromId: userIdParameter('The user who asks') }),
        response: {
          200: answer('Users', z.array(originalUserSchema)),
          ...problems(...queryProblems),
        },
      },
    },
    async (request) => {
      const { fromId } = request.query;
      await caughtUp(context, fromId);
      const [users, lastMessages] = await Promise.all([readModel.users(), lastMessagesByPeer(context, fromId)]);
      return users
        .filter((user) => user._id !== fromId)
        .map(({ _id: id, avatar, username }) => {
          const last = lastMessages.get(id);
          return {
            id: originalId(id),
            avatar,
            from_user: originalId(fromId),
            info_type: null,
            to_user: originalId(id),
            username,
            ...(last && { chat_msg: last.msg, chat_time: last.sendDate }),
          };
        });
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

/** One query for all, however many users there are. */
async function lastMessagesByPeer({ readModel, rosters }: ApiContext, user: string): Promise<Map<string, Message>> {
  const byPeer = new Map<string, Message>();
  for (const { conversation, last_message } of await readModel.conversations({ user, limit: everyConversation })) {
    const roster = await rosters.of(conversation._id);
    const peer = roster && peerIn(roster, user);
    if (peer !== undefined && peer !== null) byPeer.set(peer, toMessage(last_message));
  }
  return byPeer;
}
