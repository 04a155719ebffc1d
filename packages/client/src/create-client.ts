import { addressesOf } from './addresses.ts';
import { createAuth } from './auth.ts';
import type { Auth } from './auth.ts';
import type { Client, ClientEvents, OutgoingMessage } from './client.ts';
import { Conversations } from './conversations.ts';
import type { ConversationsDeps } from './conversations.ts';
import { directConversation } from './direct.ts';
import { createEmitter } from './emitter.ts';
import { ClientError } from './errors.ts';
import type { AckFrame, ClientFrame, ErrorFrame, Message, WelcomeFrame } from './frames.ts';
import { Link } from './link.ts';
import type { LinkDeps, NextFrame } from './link.ts';
import type { ClientOptions } from './options.ts';
import { Outbox } from './outbox.ts';
import type { OutboxDeps } from './outbox.ts';
import { Reads } from './reads.ts';
import { createRest } from './rest.ts';
import type { Rest } from './rest.ts';
import { Rooms } from './rooms.ts';
import type { RoomsDeps } from './rooms.ts';
import { Presences, Typing } from './signals.ts';
import type { TypingDeps } from './signals.ts';
import { noStorage } from './storage/storage.ts';
import type { Keeper, KeeperDeps } from './storage/storage.ts';
import { Sync } from './sync.ts';
import type { SyncDeps } from './sync.ts';

/** A client for one user. It does nothing until `connect`. Throws `TypeError` for options that can never work. */
export function createClient(options: ClientOptions): Client {
  const parts = new Parts(options);
  const { conversations, keeper, link, outbox, presences, rooms, sync } = parts;
  return {
    connect() {
      link.connect();
      keeper.start();
    },
    disconnect: () => link.disconnect(),
    setToken(token) {
      parts.auth.set(token);
      link.renewed();
    },
    connection: link.view,
    conversations: conversations.view,
    pending: outbox.view,
    presence: presences.view,
    storage: keeper.view,
    get user() {
      return parts.user;
    },
    get stats() {
      return { gaps: sync.gaps, connections: parts.connections };
    },
    conversation: (id) => rooms.get(id),
    moreConversations: () => sync.more(),
    send: (message) => parts.send(message),
    retry: (id) => outbox.retry(id),
    discard: (id) => outbox.discard(id),
    markRead: (conversation, seq) => parts.markRead(conversation, seq),
    on: parts.events.on,
    [Symbol.dispose]: () => link.disconnect(),
  };
}

/** What a client is made of, and who tells whom: each part names what it needs of this. */
class Parts implements LinkDeps, OutboxDeps, RoomsDeps, SyncDeps, KeeperDeps, ConversationsDeps, TypingDeps {
  user: string | undefined;
  connections = 0;
  readonly options: ClientOptions;
  readonly random: () => number;
  readonly socketUrl: string;
  readonly auth: Auth;
  readonly rest: Rest;
  readonly events = createEmitter<ClientEvents>();
  readonly conversations = new Conversations(this);
  readonly typing = new Typing(this);
  readonly presences = new Presences(() => this.link.view.get().state === 'live');
  readonly keeper: Keeper;
  readonly reads: Reads;
  readonly outbox: Outbox;
  readonly sync: Sync;
  readonly rooms: Rooms;
  readonly link: Link;
  #ownName: string | undefined;

  constructor(options: ClientOptions) {
    const { socketUrl, restUrl } = addressesOf(options);
    this.options = options;
    this.random = options.random ?? Math.random;
    this.user = options.user;
    this.#ownName = options.username;
    this.socketUrl = socketUrl;
    this.auth = createAuth(options);
    this.rest = createRest(restUrl, this.auth, options.fetch ?? ((input, init) => fetch(input, init)));
    this.keeper = (options.storage ?? noStorage)(this);
    this.reads = new Reads(this);
    this.outbox = new Outbox(this);
    this.sync = new Sync(this);
    this.rooms = new Rooms(this);
    this.link = new Link(this);
  }

  readonly transmit = (frame: ClientFrame): boolean => this.link.send(frame);

  send(message: OutgoingMessage): Promise<Message> {
    const { to, conversation = directConversation(this.user ?? '', to ?? '') } = message;
    this.typing.quiet(conversation);
    return this.outbox.send(message);
  }

  markRead(conversation: string, seq: number): void {
    const entry = this.conversations.entryOf(conversation);
    const { revision, lastSeq, readSeq } = entry.row;
    // Beyond the last message there is nothing to read. Where nothing is known, the server says.
    const last = revision < 0 ? seq : Math.min(seq, lastSeq);
    if (last <= readSeq) return;
    this.conversations.applyRead(entry, this.user, { seq: last });
    this.reads.mark(conversation, last);
  }

  changed(conversation: string): void {
    this.rooms.changed(conversation);
  }

  welcome(frame: WelcomeFrame): void {
    this.user = frame.user;
    this.connections += 1;
    this.presences.up();
    this.sync.welcome(frame);
    this.keeper.start();
    this.reads.up();
    this.outbox.up();
  }

  caughtUp(): void {
    this.link.caughtUp();
    this.presences.view.changed();
  }

  down(): void {
    this.outbox.down();
    this.reads.down();
    this.typing.down();
    this.presences.view.changed();
  }

  idle(): void {
    this.keeper.stop();
    this.typing.down();
  }

  received(frame: NextFrame): void {
    if (frame.type === 'live') this.sync.live(frame.cursor);
    else if ('cursor' in frame) this.sync.event(frame);
    else if (frame.type === 'reset') this.sync.reset(frame.conversations);
    else if (frame.type === 'typing') this.typing.heard(frame);
    else if (frame.type === 'presence') this.presences.heard(frame);
    else if (frame.type !== 'pong') this.#answered(frame);
  }

  sent(message: Message): void {
    this.conversations.applyMessage(this.conversations.entryOf(message.conversation), message);
  }

  /** Whoever wrote it no longer types, and an own one no longer waits. */
  placed(message: Message): void {
    const { conversation, from } = message;
    this.typing.drop(conversation, from.id);
    if (from.id !== this.user) return;
    this.#ownName = from.username;
    this.outbox.settle(message);
  }

  nameOf(user: string, conversation: string): string {
    const name = user === this.user ? this.#ownName : this.conversations.entryOf(conversation).row.peer?.username;
    return name ?? user;
  }

  #answered(frame: AckFrame | ErrorFrame): void {
    const known = ('message' in frame && this.outbox.answered(frame)) || this.reads.answered(frame);
    if (!known && frame.type === 'error') this.events.emit('error', ClientError.fromFrame(frame));
  }
}
