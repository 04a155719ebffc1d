import { z } from 'zod';
import { peerIn } from '../domain/conversation/rosters.ts';
import { messageSchema, revisionSchema, timeSchema } from '../protocol/message.ts';
import { membershipId } from '../read-model/documents.ts';
import type { MessageDocument, UserDocument } from '../read-model/documents.ts';
import type { ConversationsQuery, ListedConversation } from '../read-model/read-model.ts';
import type { ApiContext } from './context.ts';
import { toMessageFor, toUser } from './documents.ts';
import { seqSchema, userSchema } from './schemas.ts';

const friendSchema = z
  .object({
    conversation: z.string(),
    peer: userSchema.nullable().describe('The other side; oneself where one writes to oneself, null in a group'),
    lastMessage: messageSchema,
    lastSeq: seqSchema,
    revision: revisionSchema.describe('Revision of the newest event of the conversation'),
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
  const last = page.at(-1)?.conversation;
  return {
    items: await friendsOf(context, user, page),
    next: found.length > limit && last !== undefined ? encodePage(last) : null,
  };
}

/** One look-up for all of a page's other sides, and one for what they have read. */
async function friendsOf(
  { readModel, rosters, peers }: ApiContext,
  user: string,
  page: readonly ListedConversation[],
): Promise<Friend[]> {
  const peerIds = await Promise.all(
    page.map(async ({ conversation }) => {
      const roster = await rosters.of(conversation._id);
      return roster === undefined ? null : peerIn(roster, user);
    }),
  );
  const others = page.flatMap(({ conversation }, index) => {
    const peer = peerIds[index] ?? null;
    return peer === null || peer === user ? [] : [membershipId(peer, conversation._id)];
  });
  const [users, memberships] = await Promise.all([
    peers.find(peerIds.filter((id) => id !== null)),
    others.length === 0 ? [] : readModel.membershipsById(others),
  ]);
  const byId = new Map(memberships.map((membership) => [membership._id, membership]));
  return page.map((listed, index) => {
    const id = peerIds[index] ?? null;
    if (id === null) return toFriend(listed, undefined);
    const membership = byId.get(membershipId(id, listed.conversation._id));
    // Who writes to oneself is the other side too; who never touched the conversation has read nothing of it.
    const peerReadSeq = id === user ? listed.membership.read_seq : (membership?.read_seq ?? 0);
    return toFriend(listed, { ref: users.get(id) ?? nameIn(listed.last_message, id), readSeq: peerReadSeq });
  });
}

/** The other side, and how far it has read. */
interface Peer {
  readonly ref: Omit<UserDocument, 'position'>;
  readonly readSeq: number;
}

function toFriend({ conversation, membership, last_message }: ListedConversation, peer: Peer | undefined): Friend {
  const { last_seq: lastSeq, revision, updated_at: updatedAt } = conversation;
  const { read_seq: readSeq, own_seq: ownSeq } = membership;
  return {
    conversation: conversation._id,
    peer: peer === undefined ? null : toUser(peer.ref),
    lastMessage: toMessageFor(membership, last_message),
    lastSeq,
    revision,
    readSeq,
    peerReadSeq: peer?.readSeq ?? readSeq,
    unread: Math.max(0, lastSeq - Math.max(readSeq, ownSeq)),
    updatedAt,
  };
}

/** The user as a message names it; by the id alone where it does not. */
function nameIn({ from, to }: MessageDocument, id: string): Omit<UserDocument, 'position'> {
  const ref = [from, to].find((each) => each?.id === id);
  return { _id: id, username: ref?.username ?? id, avatar: null };
}
