import type { ConversationView, OutgoingMessage, PageOptions } from './client.ts';
import { hold } from './conversations.ts';
import type { Conversations } from './conversations.ts';
import { createHistory } from './history.ts';
import type { Message } from './options.ts';
import type { Outbox } from './outbox.ts';
import type { Rest } from './rest.ts';
import type { Typing } from './signals.ts';
import { createView } from './view.ts';

/** Conversations that nobody looks at keep their messages, so many of them. */
const maxIdle = 20;

export interface RoomsDeps {
  readonly conversations: Conversations;
  readonly outbox: Outbox;
  readonly typing: Typing;
  readonly rest: Rest;
  readonly sync: { readonly cursor: string | undefined };
  send(message: OutgoingMessage): Promise<Message>;
  markRead(conversation: string, seq: number): void;
}

interface Room {
  readonly view: ConversationView;
  readonly changed: () => void;
  lookers: number;
}

/** Conversations as one looks at them. */
export class Rooms {
  readonly #deps: RoomsDeps;
  readonly #rooms = new Map<string, Room>();

  constructor(deps: RoomsDeps) {
    this.#deps = deps;
  }

  get(id: string): ConversationView {
    const room = this.#rooms.get(id) ?? this.#make(id);
    // The last one asked for stands at the end.
    this.#rooms.delete(id);
    this.#rooms.set(id, room);
    hold(this.#deps.conversations.entryOf(id));
    this.#dropIdle();
    return room.view;
  }

  /** Something of this conversation is new. */
  changed(id: string): void {
    this.#rooms.get(id)?.changed();
  }

  #make(id: string): Room {
    const deps = this.#deps;
    const { conversations, outbox, typing } = deps;
    const entry = conversations.entryOf(id);
    const inner = createView(() => ({
      conversation: entry.row.lastSeq > 0 ? entry.row : undefined,
      messages: entry.messages?.all() ?? [],
      pending: outbox.view.get().filter(({ conversation }) => conversation === id),
      typing: typing.of(id),
    }));
    const load = (options: PageOptions = {}): Promise<readonly Message[]> => this.#load(id, options);
    const view: ConversationView = {
      id,
      get: inner.get,
      subscribe(listener) {
        const off = inner.subscribe(listener);
        room.lookers += 1;
        return () => {
          if (off()) room.lookers -= 1;
        };
      },
      send: (msg) => deps.send({ conversation: id, msg }),
      markRead: (seq) => deps.markRead(id, seq),
      typing: (on) => typing.say(id, on),
      load,
      history: (options = {}) => createHistory(load, options),
    };
    const room: Room = { view, changed: inner.changed, lookers: 0 };
    return room;
  }

  async #load(id: string, { before, after, limit, signal }: PageOptions): Promise<readonly Message[]> {
    const { rest, conversations, sync } = this.#deps;
    // The newest page holds what came by the socket.
    const least = before === undefined ? sync.cursor : undefined;
    const page = await rest.messages(id, { query: { before, after, limit }, least, signal });
    const entry = conversations.entryOf(id);
    for (const message of page) conversations.applyMessage(entry, message);
    return page;
  }

  /** Drops the messages of those that were asked for longest ago and that nobody looks at. */
  #dropIdle(): void {
    const idle = [...this.#rooms].filter(([, { lookers }]) => lookers === 0);
    for (const [id, room] of idle.slice(0, Math.max(0, idle.length - maxIdle))) {
      this.#deps.conversations.entryOf(id).messages?.clear();
      room.changed();
    }
  }
}
