import type { OutgoingMessage, PendingMessage } from './client.ts';
import { deferred } from './deferred.ts';
import type { Deferred } from './deferred.ts';
import { directConversation, peerOf } from './direct.ts';
import { ClientError } from './errors.ts';
import { maxMessageBytes } from './frames.ts';
import type { ErrorFrame, Message, SendAckFrame, SendFrame } from './frames.ts';
import { Lanes } from './lanes.ts';
import type { Draft, Keeper } from './storage/storage.ts';
import { uuidV7 } from './uuid-v7.ts';
import { createView } from './view.ts';

/** Messages that wait, at most. */
const capacity = 10_000;
/** Failed messages that are shown, at most: the oldest go first. */
const maxFailed = 1_000;

interface Item extends Deferred<Message> {
  readonly frame: SendFrame;
  readonly draft: Draft;
  /** Replaced at each change. */
  shown: PendingMessage;
}

export interface OutboxDeps {
  /** Who this user is, once it is known. */
  readonly user: string | undefined;
  readonly random: () => number;
  readonly keeper: Keeper;
  /** False where there is no connection. */
  readonly transmit: (frame: SendFrame) => boolean;
  /** How a user of the conversation is called, as far as it is known. */
  nameOf(user: string, conversation: string): string;
  /** The message has its place. */
  sent(message: Message): void;
  /** Something of this conversation's pending messages is new. */
  changed(conversation: string): void;
}

/** Messages until they are answered, over as many connections as that takes. A temporary error pauses a conversation. */
export class Outbox {
  readonly view = createView<readonly PendingMessage[]>(() => [...this.#items.values()].map(({ shown }) => shown));
  readonly #deps: OutboxDeps;
  readonly #items = new Map<string, Item>();
  readonly #lanes: Lanes<Item>;

  constructor(deps: OutboxDeps) {
    this.#deps = deps;
    this.#lanes = new Lanes((item) => {
      const sends = deps.transmit(item.frame);
      if (sends) this.#show(item, { state: 'sending' });
      return sends;
    }, deps.random);
  }

  send({ id = uuidV7(), to, conversation, msg }: OutgoingMessage): Promise<Message> {
    const waits = this.#items.get(id);
    const same = waits?.shown.msg === msg && this.#lane(waits.frame) === this.#lane({ to, conversation });
    if (same && waits.shown.state !== 'failed') return waits.promise;
    const fault = faultOf({ id, to: to ?? conversation, msg });
    if (fault !== undefined) return rejected('BAD_FRAME', fault);
    if (waits !== undefined) return rejected('IDEMPOTENCY_CONFLICT', 'the id is in use by another message');
    if (this.#items.size >= capacity) return rejected('QUEUE_FULL', 'too many messages wait', true);
    const draft = { id, ...this.#target(to, conversation), msg, sendDate: Date.now() };
    const item = this.#add(draft, false);
    this.#keep(item);
    return item.promise;
  }

  /** A message that an earlier page or a closed tab kept. */
  adopt(draft: Draft): void {
    if (!this.#items.has(draft.id)) this.#add(draft, true);
  }

  retry(id: string): void {
    const item = this.#items.get(id);
    if (item?.shown.state !== 'failed') return;
    this.#show(item, { state: 'queued', error: undefined });
    this.#enqueue(item);
  }

  discard(id: string): void {
    const item = this.#items.get(id);
    if (item === undefined) return;
    this.#end(item);
    item.reject(new ClientError('DISCARDED', 'the message was taken back'));
  }

  /** The connection is there: everything without an answer goes out. */
  up(): void {
    this.down();
    for (const item of [...this.#items.values()]) {
      if (item.shown.state === 'failed') continue;
      this.#enqueue(item);
      this.#keep(item);
    }
  }

  /** The connection is gone. */
  down(): void {
    this.#lanes.clear();
    for (const item of this.#items.values()) if (item.shown.state === 'sending') this.#show(item, { state: 'queued' });
  }

  /** True where the answer was for a message that waits. */
  answered(frame: SendAckFrame | ErrorFrame): boolean {
    const item = this.#items.get(frame.id ?? '');
    if (item === undefined) return false;
    if (frame.type === 'ack') this.#deps.sent(this.#messageOf(item.shown.msg, frame));
    else if (frame.temporary) {
      this.#show(item, { state: 'queued', error: ClientError.fromFrame(frame) });
      this.#lanes.pause(this.#lane(item.frame));
    } else this.#fail(item, ClientError.fromFrame(frame));
    return true;
  }

  /** A message of this user has its place, as an ack, a frame or a page told. */
  settle(message: Message): void {
    const item = this.#items.get(message.clientId);
    if (item === undefined) return;
    this.#end(item);
    item.resolve(message);
  }

  #keep(item: Item): void {
    if (!item.shown.kept) this.#deps.keeper.keep(item.draft, () => this.#show(item, { kept: true }));
  }

  #add(draft: Draft, kept: boolean): Item {
    const { id, to, conversation, msg, sendDate } = draft;
    const frame = { type: 'send', id, ...(to === undefined ? { conversation } : { to }), msg } as SendFrame;
    const shown = {
      clientId: id,
      conversation: undefined,
      msg,
      sendDate,
      state: 'queued',
      error: undefined,
      kept,
    } as const;
    const item: Item = { ...deferred<Message>(), frame, draft, shown };
    // The views tell as well: a caller need not listen to the promise.
    item.promise.catch(() => undefined);
    this.#items.set(id, item);
    this.#show(item, {});
    this.#enqueue(item);
    return item;
  }

  /** A direct conversation begins with its first message, which says to whom. */
  #target(to: string | undefined, conversation = ''): { to: string } | { conversation: string } {
    const peer = to ?? peerOf(conversation, this.#deps.user ?? '');
    return peer === undefined ? { conversation } : { to: peer };
  }

  /** The conversation; the addressee's name alone while it is not known who this user is, which is before any connection. */
  #lane({ to = '', conversation }: { to?: string | undefined; conversation?: string | undefined }): string {
    const me = this.#deps.user;
    return conversation ?? (me === undefined ? to : directConversation(me, to));
  }

  #enqueue(item: Item): void {
    const key = this.#lane(item.frame);
    if (item.shown.conversation !== key) this.#show(item, {});
    this.#lanes.add(key, item);
  }

  #show(item: Item, fields: Partial<PendingMessage>): void {
    const key = this.#lane(item.frame);
    const conversation = key === item.frame.to ? undefined : key;
    item.shown = { ...item.shown, ...fields, conversation };
    this.view.changed();
    this.#deps.changed(key);
  }

  #end(item: Item): void {
    this.#items.delete(item.frame.id);
    this.#deps.keeper.unkeep(item.frame.id);
    this.#show(item, {});
    this.#lanes.remove(this.#lane(item.frame), item);
  }

  #fail(item: Item, error: ClientError): void {
    const failed = [...this.#items.values()].filter(({ shown }) => shown.state === 'failed');
    if (failed[0] !== undefined && failed.length >= maxFailed) this.#end(failed[0]);
    this.#show(item, { state: 'failed', error });
    // A message that was refused for good is of no use after a reload.
    this.#deps.keeper.unkeep(item.frame.id);
    this.#lanes.remove(this.#lane(item.frame), item);
    item.reject(error);
  }

  /** The message that an ack makes of a send. */
  #messageOf(msg: string, ack: SendAckFrame): Message {
    const { id: clientId, message: id, conversation, seq, revision, sendDate } = ack;
    const refOf = (id: string) => ({ id, username: this.#deps.nameOf(id, conversation) });
    const user = this.#deps.user ?? '';
    const peer = peerOf(conversation, user);
    const [from, to] = [refOf(user), peer === undefined ? null : refOf(peer)];
    return { id, clientId, conversation, seq, revision, from, to, msg, status: 1, sendDate, readDate: null };
  }
}

/** What a server would call a bad frame. It ends a connection after a few of them, so they are not sent. */
function faultOf({ id, to, msg }: { id: string; to: string; msg: string }): string | undefined {
  if (!/^[\w.:-]{1,64}$/.test(id)) return 'id: is none';
  if (!/^[\w.~-]{1,160}$/.test(to)) return 'to: is no id';
  const bytes = msg.length > maxMessageBytes ? 0 : new TextEncoder().encode(msg).byteLength;
  return bytes > 0 && bytes <= maxMessageBytes ? undefined : `msg: 1 to ${maxMessageBytes} bytes`;
}

function rejected(code: 'IDEMPOTENCY_CONFLICT' | 'BAD_FRAME' | 'QUEUE_FULL', words: string, temporary = false) {
  const promise = Promise.reject<Message>(new ClientError(code, words, { temporary }));
  promise.catch(() => undefined);
  return promise;
}
