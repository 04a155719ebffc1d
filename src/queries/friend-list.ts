import { z } from 'zod';
import { peerAmong } from '../domain/conversation/rosters.ts';
import { messageSchema, revisionSchema, timeSchema } from '../protocol/message.ts';
import type { MessageDocument } from '../read-model/documents.ts';
import type { ConversationsQuery, ListedConversation } from '../read-model/read-model.ts';
import type { ApiContext } from './context.ts';
import { toMessageFor, toUser } from './documents.ts';
import { fitting } from './page.ts';
import type { Peer } from './peer-directory.ts';
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
type FriendList = z.infer<typeof friendListSchema>;
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

export async function readFriendList(
  { readModel, rosters, peers }: Pick<ApiContext, 'readModel' | 'rosters' | 'peers'>,
  { user, limit, before }: FriendListQuery,
): Promise<FriendList> {
  // One more than asked for tells whether there is a next page.
  const found = await readModel.conversations({ user, limit: limit + 1, ...(before && { before }) });
  const page = found.slice(0, limit);
  const peerIds = page.map(({ conversation }) => peerAmong(rosters.directMembers(conversation._id), user));
  const users = await peers.find(peerIds.filter((id) => id !== null));
  const friends = page.map((listed, index) => {
    const id = peerIds[index] ?? null;
    return toFriend(listed, id === null ? null : (users.get(id) ?? nameIn(listed.last_message, id)));
  });
  const items = [...fitting(friends, ({ lastMessage }) => lastMessage)];
  const last = page[items.length - 1]?.conversation;
  return { items, next: found.length > items.length && last !== undefined ? encodePage(last) : null };
}

function toFriend({ conversation, membership, last_message, peer_read_seq }: ListedConversation, peer: Peer | null) {
  const { last_seq: lastSeq, revision, updated_at: updatedAt } = conversation;
  const { read_seq: readSeq, own_seq: ownSeq } = membership;
  return {
    conversation: conversation._id,
    peer: peer && toUser(peer),
    lastMessage: toMessageFor(membership, last_message),
    lastSeq,
    revision,
    readSeq,
    peerReadSeq: peer === null ? readSeq : peer_read_seq,
    unread: Math.max(0, lastSeq - Math.max(readSeq, ownSeq)),
    updatedAt,
  } satisfies Friend;
}

/** The user as a message names it; by the id alone where it does not. */
function nameIn({ from, to }: MessageDocument, id: string): Peer {
  const ref = [from, to].find((each) => each?.id === id);
  return { _id: id, username: ref?.username ?? id, avatar: null };
}
