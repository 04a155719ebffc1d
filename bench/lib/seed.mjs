import { v7 } from 'uuid';
import { messageSentId } from '../../dist/commands/event-id.js';
import { conversationStream, directConversationId } from '../../dist/domain/conversation/conversation-id.js';
import { userStream } from '../../dist/domain/user/user.js';
import { openEmbeddedEventStore } from '../../dist/event-store/embedded/embedded-event-store.js';

/** Events in one append: about what a queue gathers in a conversation under load. */
const perAppend = 16;

/** Appends under way at once; they share commits. */
const atOnce = 64;

const users = ['1', '2'].map((id) => ({ id, username: `user ${id}` }));

export const seededReader = users[0].id;
export const seededConversation = directConversationId(users[0].id, users[1].id);

/**
 * Fills a data folder with one conversation of `count` messages, through the log's own API, as the gateway would.
 * @param {string} dataDir
 * @param {number} count
 * @param {(done: number) => void} onProgress
 */
export async function seed(dataDir, count, onProgress) {
  const store = await openEmbeddedEventStore({
    dataDir,
    onFatal: (error) => {
      throw error;
    },
  });
  try {
    for (const user of users) {
      const data = { ...user, avatar: null };
      const event = { id: v7(), type: 'UserRegistered', data, metadata: { schemaVersion: 1 } };
      await store.appendToStream(userStream(user.id), [event], 'no_stream');
    }
    const stream = conversationStream(seededConversation);
    for (let next = 1; next <= count;) {
      const appends = [];
      for (; appends.length < atOnce && next <= count; next += perAppend) {
        const seqs = Array.from({ length: Math.min(perAppend, count - next + 1) }, (_, i) => next + i);
        appends.push(store.appendToStream(stream, seqs.map(message), next === 1 ? 'no_stream' : next - 2));
      }
      await Promise.all(appends);
      onProgress(Math.min(count, next - 1));
    }
  } finally {
    await store.close();
  }
}

function message(seq) {
  const [from, to] = seq % 2 === 0 ? users : [users[1], users[0]];
  const clientId = v7();
  const msg = `message ${seq} ${'of a long conversation '.repeat(6)}`.slice(0, 120);
  const data = { clientId, seq, from, to, msg, sendDate: Date.now() };
  const id = messageSentId(seededConversation, from.id, clientId);
  return { id, type: 'MessageSent', data, metadata: { schemaVersion: 1, lastSeq: seq } };
}
