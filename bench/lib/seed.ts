import { v7 } from 'uuid';
import { conversationEventId } from '../../src/commands/event-id.ts';
import { conversationStream, directConversationId } from '../../src/domain/conversation/conversation-id.ts';
import { userStream } from '../../src/domain/user/user.ts';
import { openEmbeddedEventStore } from '../../src/event-store/embedded/embedded-event-store.ts';

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
export async function seed(dataDir: string, count: number, { conversations = 1 } = {}): Promise<void> {
  const store = await openEmbeddedEventStore({
    dataDir,
    onFatal: (error) => {
      throw error;
    },
  });
  const numbers = Array.from({ length: conversations }, (_, n) => n);
  try {
    for (const user of numbers.flatMap(membersOf)) {
      const data = { ...user, avatar: null };
      const event = { id: v7(), type: 'UserRegistered', data, metadata: { schemaVersion: 1 } };
      await store.appendToStream(userStream(user.id), [event], 'no_stream');
    }
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
  } finally {
    await store.close();
  }
}

function message(n: number, seq: number) {
  const [one, other] = membersOf(n);
  const [from, to] = seq % 2 === 0 ? [one, other] : [other, one];
  const clientId = v7();
  const msg = `message ${seq} ${'of a long conversation '.repeat(6)}`.slice(0, 120);
  const data = { clientId, seq, from, to, msg, sendDate: Date.now() };
  const id = conversationEventId(conversationOf(n), { type: 'MessageSent', data });
  return { id, type: 'MessageSent', data, metadata: { schemaVersion: 1, lastSeq: seq } };
}
