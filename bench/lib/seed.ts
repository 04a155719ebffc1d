import { v7 } from 'uuid';
import { conversationEventId } from '../../src/commands/event-id.ts';
import { conversationStream, directConversationId } from '../../src/domain/conversation/conversation-id.ts';
import { userStream } from '../../src/domain/user/user.ts';
import { openEmbeddedEventStore } from '../../src/event-store/embedded/embedded-event-store.ts';
import type { EventStore } from '../../src/event-store/event-store.ts';

/** Events in one append: about what a queue gathers in a conversation under load. */
const perAppend = 16;

/** Appends under way at once; they share commits. */
const atOnce = 64;

interface Member {
  readonly id: string;
  readonly username: string;
}

/** The two users of the n-th conversation, from 0. */
function membersOf(n: number): [Member, Member] {
  return [member(2 * n + 1), member(2 * n + 2)];
}

const member = (id: number): Member => ({ id: String(id), username: `user ${id}` });

function conversationOf(n: number) {
  const [one, other] = membersOf(n);
  return directConversationId(one.id, other.id);
}

export const seededReader = membersOf(0)[0].id;
export const seededConversation = conversationOf(0);

/**
 * Fills a data folder with `count` messages, through the log's own API, as the gateway would: in one conversation, or
 * evenly in several, each of two users of its own.
 */
export function seed(dataDir: string, count: number, { conversations = 1 } = {}): Promise<void> {
  const numbers = Array.from({ length: conversations }, (_, n) => n);
  return withStore(dataDir, async (store) => {
    for (const user of numbers.flatMap(membersOf)) await register(store, user);
    const each = Math.ceil(count / conversations);
    for (let next = 1; next <= each;) {
      const appends = [];
      for (; appends.length < atOnce * conversations && next <= each; next += perAppend) {
        const seqs = Array.from({ length: Math.min(perAppend, each - next + 1) }, (_, i) => next + i);
        for (const n of numbers) {
          const events = seqs.map((seq) => message(n, seq));
          appends.push(
            store.appendToStream(conversationStream(conversationOf(n)), events, next === 1 ? 'no_stream' : next - 2),
          );
        }
      }
      await Promise.all(appends);
    }
  });
}

/** All but the newest message is read. */
function readBy({ id: reader }: Member, lastSeq: number) {
  const data = { reader, after: 0, seq: lastSeq - 1, readDate: Date.now() };
  return { id: v7(), type: 'MessagesRead', data, metadata: { schemaVersion: 1, lastSeq } };
}

/** Gives the reader of the seeded conversation further ones, of some messages each. */
export function seedFriends(dataDir: string, friends: number): Promise<void> {
  const messages = 4;
  return withStore(dataDir, async (store) => {
    const others = Array.from({ length: friends }, (_, n) => member(100_000 + n));
    const filled = others.map(async (other) => {
      await register(store, other);
      const pair = [membersOf(0)[0], other] as const;
      const events = Array.from({ length: messages }, (_, i) => messageOf(pair, i + 1));
      const stream = conversationStream(directConversationId(seededReader, other.id));
      await store.appendToStream(stream, [...events, readBy(other, messages)], 'no_stream');
    });
    await Promise.all(filled);
  });
}

async function withStore(dataDir: string, use: (store: EventStore) => Promise<void>): Promise<void> {
  const store = await openEmbeddedEventStore({
    dataDir,
    onFatal: (error) => {
      throw error;
    },
  });
  try {
    await use(store);
  } finally {
    await store.close();
  }
}

async function register(store: EventStore, user: Member): Promise<void> {
  const data = { ...user, avatar: null };
  const event = { id: v7(), type: 'UserRegistered', data, metadata: { schemaVersion: 1 } };
  await store.appendToStream(userStream(user.id), [event], 'no_stream');
}

function message(n: number, seq: number) {
  return messageOf(membersOf(n), seq);
}

function messageOf([one, other]: readonly [Member, Member], seq: number) {
  const [from, to] = seq % 2 === 0 ? [one, other] : [other, one];
  const clientId = v7();
  const msg = `message ${seq} ${'of a long conversation '.repeat(6)}`.slice(0, 120);
  const data = { clientId, seq, from, to, msg, sendDate: Date.now() };
  const id = conversationEventId(directConversationId(one.id, other.id), { type: 'MessageSent', data });
  return { id, type: 'MessageSent', data, metadata: { schemaVersion: 1, lastSeq: seq } };
}
