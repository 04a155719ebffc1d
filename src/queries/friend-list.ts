import { z } from 'zod';
import { peerOf } from '../domain/conversation/conversation-id.ts';
import type { ConversationDocument, ConversationsQuery, UserDocument } from '../read-model/read-model.ts';
import { ReadModelUnavailableError } from '../read-model/read-model.ts';
import type { ApiContext } from './context.ts';
import { lastMessageFor, toUser } from './documents.ts';
import { messageSchema, seqSchema, timeSchema, userSchema } from './schemas.ts';

const friendSchema = z
  .object({
    conversation: z.string(),
    peer: userSchema.nullable().describe('The other side; oneself where one writes to oneself, null in a group'),
    lastMessage: messageSchema,
    lastSeq: seqSchema,
    readSeq: seqSchema.describe('Everything up to here is read by the asker'),
    peerReadSeq: seqSchema.describe('Everything up to here is read by the other side'),
    unread: z.int().nonnegative().describe('Messages of others above what the asker has read or sent'),
    updatedAt: timeSchema,
  })
  .meta({ id: 'Friend', description: 'A conversation in the friend list' });

export const friendListSchema = z.object({
  items: z.array(friendSchema),
  next: z.string().nullable().describe('`before` of the next page; null on the last one'),
});

type Friend = z.infer<typeof friendSchema>;
type Page = NonNullable<ConversationsQuery['before']>;

/** Opaque to clients: the place in the order (updated_at, _id) where the page before ended. */
function encodePage({ updated_at, _id }: Page): string {
  return Buffer.from(`${updated_at}:${_id}`).toString('base64url');
}

function decodePage(text: string): Page | undefined {
  const match = /^([0-9]{1,16}):(.+)$/s.exec(Buffer.from(text, 'base64url').toString());
  if (match?.[1] === undefined || match[2] === undefined) return undefined;
  const page = { updated_at: Number(match[1]), _id: match[2] };
  return encodePage(page) === text ? page : undefined;
}

export const pageCursorSchema = z
  .string({ error: 'must be the next of an answer' })
  .transform((text, check) => {
    const page = decodePage(text);
    if (page !== undefined) return page;
    check.issues.push({ code: 'custom', message: 'must be the next of an answer', input: text });
    return z.NEVER;
  })
  .describe('`next` of the page before');

export interface FriendListQuery {
  readonly user: string;
  readonly limit: number;
  readonly before?: Page | undefined;
}

export async function readFriendList(context: ApiContext, { user, limit, before }: FriendListQuery) {
  // One more than asked for tells whether there is a next page.
  const found = await context.readModel.conversations({ user, limit: limit + 1, ...(before && { before }) });
  const page = found.slice(0, limit);
  const last = page.at(-1);
  const peers = page.map(({ _id }) => peerOf(_id, user)).filter((peer) => peer !== undefined);
  const users = await context.users.find(peers);
  return {
    items: page.map((conversation) => toFriend(conversation, user, users)),
    next: found.length > limit && last !== undefined ? encodePage(last) : null,
  };
}

function toFriend(conversation: ConversationDocument, user: string, users: ReadonlyMap<string, UserDocument>): Friend {
  const { _id: id, last_seq: lastSeq, members } = conversation;
  const peerId = peerOf(id, user);
  const peer = peerId === undefined ? undefined : users.get(peerId);
  const self = members.find((member) => member.id === user);
  if (self === undefined) {
    throw new ReadModelUnavailableError(`conversation ${id} is not whole in the read model`);
  }
  const others = members.filter((member) => member !== self);
  const username = others.find((member) => member.id === peerId)?.username ?? self.username;
  return {
    conversation: id,
    peer: peerId === undefined ? null : toUser(peer ?? { _id: peerId, username, avatar: null }),
    lastMessage: lastMessageFor(self, conversation),
    lastSeq,
    readSeq: self.read_seq,
    peerReadSeq: Math.min(...(others.length === 0 ? [self] : others).map((member) => member.read_seq)),
    unread: Math.max(0, lastSeq - Math.max(self.read_seq, self.own_seq)),
    updatedAt: conversation.updated_at,
  };
}
