import { setTimeout as delay } from 'node:timers/promises';
import type { ErrorFrame, WelcomeFrame } from '@weiliao/client';
import type { LoadIds } from './frames.ts';
import { cursorOf, seeFrame } from './frames.ts';
import { Handshake } from './handshake.ts';
import type { Histogram } from './histogram.ts';
import { Ledger, arrivals } from './ledger.ts';
import { OrderCheck } from './order.ts';
import type { Sender } from './pacer.ts';
import { LoadSocket } from './socket.ts';

/** What all users of a run share. */
export interface RunContext {
  readonly url: URL;
  readonly ids: LoadIds;
  /** The text of every message. ASCII without quotes or backslashes. */
  readonly body: string;
  readonly latency: Histogram;
  readonly ackLatency: Histogram;
  /** A sample counts where the message was sent at `from` or later and before `until` (`performance.now()`). */
  readonly measured: { from: number; until: number };
  readonly counts: RunCounts;
  /** Sockets that break come back; undefined: they do not. */
  readonly resumes: ResumeCounts | undefined;
  /** The message has arrived at the addressee. */
  readonly onArrived: (sender: Sender) => void;
  /** The message was refused. */
  readonly onRefused: (sender: Sender) => void;
}

export interface RunCounts {
  sent: number;
  acked: number;
  /** At addressees, first arrivals. */
  delivered: number;
  twice: number;
  /** By error code, and `CLOSED_<code>` for sockets that did not last. */
  readonly errors: Map<string, number>;
}

export interface ResumeCounts {
  /** From the break to `live`, of each socket that came back. */
  readonly toLive: Histogram;
  notRecovered: number;
}

/** Close codes from here on say: do not come back. */
const firstFinalCode = 4500;
/** Milliseconds between two tries to come back, at most. */
const longestPause = 1_000;

/** Who a party is, and whom it writes to. */
export interface Role {
  readonly user: string;
  readonly peer: string;
  readonly side: 0 | 1;
}

/** One user of a pair: sends to the other, and checks all that comes. */
export class Party implements Sender {
  readonly user: string;
  readonly #side: 0 | 1;
  readonly #context: RunContext;
  readonly #ledger = new Ledger();
  readonly #order = new OrderCheck();
  readonly #tail: string;
  #socket: LoadSocket;
  #handshake: Handshake;
  #cursor: string | undefined;
  /** When the connection broke, until it is live again. */
  #brokenAt: number | undefined;
  #peer: Party | undefined;
  #live = false;
  #highestAcked = 0;
  #ended = false;

  constructor(context: RunContext, { user, peer, side }: Role) {
    this.user = user;
    this.#handshake = new Handshake(user);
    this.#side = side;
    this.#context = context;
    this.#tail = `","to":"${peer}","msg":"${context.body}"}`;
    this.#socket = this.#dial();
  }

  get ledger(): Ledger {
    return this.#ledger;
  }

  get order(): OrderCheck {
    return this.#order;
  }

  /** Of all messages this user was told of: acked, or delivered. */
  get highestSeq(): number {
    return Math.max(this.#highestAcked, this.#order.lastSeq);
  }

  /** Resolves once the server said `welcome`. */
  async connect(peer: Party): Promise<void> {
    this.#peer = peer;
    await this.#handshake.run(this.#socket);
    this.#live = true;
  }

  /** Where the connection is broken the message goes out when it is back. */
  send(at: number): void {
    if (!this.#live && this.#brokenAt === undefined) return;
    const number = this.#ledger.send(at);
    this.#context.counts.sent += 1;
    if (this.#live) this.#queue(number, at);
  }

  /** Breaks the connection, as a network does. */
  drop(): void {
    if (!this.#live) return;
    this.#socket.cut();
    void this.#comeBack();
  }

  flush(): void {
    this.#socket.flush();
  }

  close(): void {
    this.#ended = true;
    this.#live = false;
    this.#socket.close();
  }

  #dial(): LoadSocket {
    return new LoadSocket({
      url: this.#context.url,
      onText: (text, at) => this.#receive(text, at),
      onClose: (code, reason) => this.#closed(code, reason),
    });
  }

  #queue(number: number, at: number): void {
    const id = this.#context.ids.make(this.#side, number, at);
    this.#socket.queue(`{"type":"send","id":"${id}${this.#tail}`);
  }

  /** Goes on from the cursor, and sends again what has no answer. */
  async #comeBack(): Promise<void> {
    this.#live = false;
    this.#brokenAt ??= performance.now();
    while (!this.#ended) {
      this.#handshake = new Handshake(this.user, this.#cursor);
      this.#socket = this.#dial();
      try {
        await this.#handshake.run(this.#socket);
        break;
      } catch {
        this.#socket.cut();
        await delay(Math.random() * longestPause);
      }
    }
  }

  #welcomed(text: string): void {
    const { resumes } = this.#context;
    this.#handshake.welcomed();
    if (resumes === undefined || this.#brokenAt === undefined) return;
    if (!(JSON.parse(text) as WelcomeFrame).recovered) resumes.notRecovered += 1;
    this.#live = true;
    for (const number of this.#ledger.unanswered()) this.#queue(number, this.#ledger.sentAt(number) ?? 0);
    this.#socket.flush();
  }

  #caughtUp(at: number): void {
    if (this.#brokenAt !== undefined) this.#context.resumes?.toLive.record(at - this.#brokenAt);
    this.#brokenAt = undefined;
  }

  #receive(text: string, at: number): void {
    const frame = seeFrame(text);
    if (this.#context.resumes !== undefined) this.#cursor = cursorOf(text) ?? this.#cursor;
    if (frame.type === 'message') this.#arrived(frame.id, frame.seq, at);
    else if (frame.type === 'ack') this.#acked(frame.id, frame.seq, at);
    else if (frame.type === 'error') this.#refused(frame);
    else if (frame.type === 'welcome') this.#welcomed(text);
    else if (frame.type === 'live') this.#caughtUp(at);
  }

  #arrived(id: string, seq: number, at: number): void {
    const { ids, counts, latency, onArrived } = this.#context;
    const message = ids.read(id);
    const mine = message?.side === this.#side;
    const sender = mine ? this : this.#peer;
    if (message === undefined || sender === undefined) {
      this.#order.skipTo(seq);
      return;
    }
    const sentAt = sender.#ledger.sentAt(message.number);
    const arrival = sender.#ledger.arrive(message.number, mine ? arrivals.self : arrivals.peer, seq);
    if (arrival === 'again') counts.twice += 1;
    if (arrival !== 'first') return;
    this.#order.arrive(seq, message.side, message.number);
    if (mine) return;
    counts.delivered += 1;
    if (sentAt !== undefined) this.#sample(latency, sentAt, at);
    onArrived(sender);
  }

  #acked(id: string, seq: number, at: number): void {
    const message = this.#context.ids.read(id);
    if (message === undefined || message.side !== this.#side) return;
    this.#context.counts.acked += 1;
    const sentAt = this.#ledger.sentAt(message.number);
    if (sentAt !== undefined) this.#sample(this.#context.ackLatency, sentAt, at);
    this.#ledger.ack(message.number, seq);
    this.#highestAcked = Math.max(this.#highestAcked, seq);
  }

  #refused(frame: ErrorFrame): void {
    const message = frame.id === undefined ? undefined : this.#context.ids.read(frame.id);
    this.#countError(frame.code);
    if (!this.#handshake.done) this.#handshake.failed(`${frame.code} ${frame.message}`);
    if (message === undefined) return;
    this.#ledger.fail(message.number, frame.code === 'STORE_UNAVAILABLE');
    this.#context.onRefused(this);
  }

  #closed(code: number, reason: string): void {
    if (this.#ended) return;
    if (this.#context.resumes !== undefined && code < firstFinalCode) {
      // Before `welcome`, whoever waits for it tries again.
      if (this.#live) void this.#comeBack();
      else this.#handshake.failed(`closed before welcome: ${code} ${reason}`);
      return;
    }
    this.#ended = true;
    this.#live = false;
    this.#countError(`CLOSED_${code}`);
    this.#handshake.failed(`closed before welcome: ${code} ${reason}`);
  }

  #countError(code: string): void {
    const { errors } = this.#context.counts;
    errors.set(code, (errors.get(code) ?? 0) + 1);
  }

  #sample(histogram: Histogram, sentAt: number, at: number): void {
    const { from, until } = this.#context.measured;
    if (sentAt >= from && sentAt < until) histogram.record(at - sentAt);
  }
}
