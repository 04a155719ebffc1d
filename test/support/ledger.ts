import { expect } from 'vitest';
import type { Server } from './server.ts';
import { conversationOf } from './socket.ts';
import type { Chat } from './socket.ts';
import { until } from './until.ts';

interface Stored {
  readonly clientId: string;
  readonly seq: number;
  readonly revision: number;
  readonly msg: string;
}

/** Every message of a conversation, oldest first, once the read model has so many of them. */
export async function historyOf(server: Server, user: string, conversation: string, atLeast = 0): Promise<Stored[]> {
  const stored: Stored[] = [];
  for (;;) {
    const path = `/v1/conversations/${conversation}/messages?limit=200&after=${stored.length}`;
    let page: { items: Stored[]; lastSeq: number } | undefined;
    await until(async () => {
      const { status, body } = await server.rest<{ items: Stored[]; lastSeq: number }>('GET', path, { as: user });
      if (status === 503) return false;
      if (status !== 200) throw new Error(`${path} answered ${status}: ${JSON.stringify(body)}`);
      page = body;
      return body.lastSeq >= atLeast;
    }, `the read model has all ${atLeast} messages`);
    stored.push(...page!.items);
    if (stored.length >= page!.lastSeq) return stored;
  }
}

/** What one sender was promised: the acks that came, and the ids that have none yet. */
export class Promises {
  readonly user: string;
  readonly peer: string;
  readonly acked = new Map<string, number>();
  readonly open = new Set<string>();
  #count = 0;

  constructor(user: string, peer: string) {
    this.user = user;
    this.peer = peer;
  }

  get conversation(): string {
    return conversationOf(this.user, this.peer);
  }

  textOf(id: string): string {
    return `text of ${id} ${'.'.repeat(100)}`;
  }

  #send(chat: Chat, id: string): void {
    chat.send({ type: 'send', id, to: this.peer, msg: this.textOf(id) });
  }

  #harvest(chat: Chat): void {
    for (const frame of chat.frames.splice(0)) {
      // A busy machine may have no time for a command; as a client does, it is sent again.
      if (frame.type === 'error' && frame.temporary && this.open.has(frame.id ?? '')) this.#send(chat, frame.id!);
      if (frame.type !== 'ack') continue;
      const before = this.acked.get(frame.id);
      expect(before ?? frame.seq, `the seq of ${frame.id}`).toBe(frame.seq);
      this.acked.set(frame.id, frame.seq);
      this.open.delete(frame.id);
    }
  }

  /** Sends again what has no ack, then goes on with `window` under way until so many more are acked or the end. */
  async keepSending(chat: Chat, more: number, window = 100): Promise<void> {
    for (const id of this.open) this.#send(chat, id);
    const goal = this.acked.size + more;
    while (chat.isOpen && (this.acked.size < goal || this.open.size > 0)) {
      this.#harvest(chat);
      while (this.open.size < window && this.acked.size + this.open.size < goal) {
        const id = `${this.user}-${(this.#count += 1).toString().padStart(6, '0')}`;
        this.open.add(id);
        this.#send(chat, id);
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.#harvest(chat);
  }

  /** Every acked message is there once, at the seq it was promised, and nothing is missing in between. */
  async expectKept(server: Server): Promise<void> {
    const stored = await historyOf(server, this.user, this.conversation, this.acked.size);
    expect(stored.map(({ seq }) => seq)).toEqual(stored.map((_message, index) => index + 1));
    const places = new Map(stored.map(({ clientId, seq }) => [clientId, seq]));
    expect(places.size).toBe(stored.length);
    const broken = [...this.acked].filter(([id, seq]) => places.get(id) !== seq);
    expect(broken).toEqual([]);
    const foreign = stored.filter(({ clientId }) => !this.acked.has(clientId) && !this.open.has(clientId));
    expect(foreign).toEqual([]);
  }
}
