import { onTestFinished } from 'vitest';
import WebSocket from 'ws';
import { z } from 'zod';
import type { eventFrames } from '../../src/protocol/event-frames.ts';
import { originalFrames } from '../../src/protocol/original-frames.ts';
import type { replyFrames } from '../../src/protocol/reply-frames.ts';
import { serverFrames } from '../../src/protocol/server-frames.ts';
import type { ServerFrame } from '../../src/protocol/server-frames.ts';
import type { signalFrames } from '../../src/protocol/signal-frames.ts';
import type { Server } from './server.ts';
import { within } from './until.ts';

/** No field that is not in the schema, none that is missing. */
const strict = new Map(serverFrames.map(({ name, schema }) => [name, z.strictObject(schema.shape)]));
const strictOriginal = z.strictObject(originalFrames.originalMessage.schema.shape);
const strictOriginalError = z.strictObject(originalFrames.originalError.schema.shape);

type Replies = typeof replyFrames;
export type MessageFrame = z.infer<typeof eventFrames.MessageSent.schema>;
export type OriginalMessage = z.infer<typeof strictOriginal>;
export type OriginalError = z.infer<typeof strictOriginalError>;

interface Frames {
  readonly welcome: z.infer<Replies['welcome']['schema']>;
  readonly ack: z.infer<Replies['sendAck']['schema']>;
  readonly error: z.infer<Replies['error']['schema']>;
  readonly message: MessageFrame;
  readonly read: z.infer<typeof eventFrames.MessagesRead.schema>;
  readonly pong: z.infer<Replies['pong']['schema']>;
  readonly live: z.infer<typeof signalFrames.live.schema>;
  readonly reset: z.infer<typeof signalFrames.reset.schema>;
  readonly typing: z.infer<typeof signalFrames.typing.schema>;
  readonly presence: z.infer<typeof signalFrames.presence.schema>;
}

export type Frame = Frames[keyof Frames];
export type ReadAck = z.infer<Replies['readAck']['schema']>;

/** A frame of `/v1/ws` that keeps its schema to the letter; throws for any other text. */
function parseFrame(text: string): Frame {
  const frame = JSON.parse(text) as ServerFrame;
  const name = frame.type === 'ack' ? ('message' in frame ? 'sendAck' : 'readAck') : frame.type;
  const schema = strict.get(name);
  if (schema === undefined) throw new Error(`a frame of no known type: ${text}`);
  schema.parse(frame);
  return frame as Frame;
}

/** One WebSocket as a test sees it: what comes is held to the schemas and kept until somebody asks for it. */
class Socket<T = Frame> {
  readonly frames: T[] = [];
  /** What came and must not come. */
  readonly faults: unknown[] = [];
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  readonly raw: WebSocket;
  #heard: (() => void)[] = [];
  isOpen = true;

  constructor(raw: WebSocket, parse: (text: string) => T) {
    this.raw = raw;
    raw.on('message', (data: Buffer, isBinary) => {
      try {
        if (isBinary) throw new Error('a binary frame');
        this.frames.push(parse(data.toString('utf8')));
      } catch (error) {
        this.faults.push(error);
      }
      this.#wake();
    });
    raw.on('error', () => undefined);
    this.closed = new Promise((resolve) => {
      raw.on('close', (code, reason) => {
        this.isOpen = false;
        this.#wake();
        resolve({ code, reason: reason.toString() });
      });
    });
  }

  #wake(): void {
    const heard = this.#heard;
    this.#heard = [];
    for (const wake of heard) wake();
  }

  send(frame: object | string | Buffer): void {
    this.raw.send(typeof frame === 'string' || Buffer.isBuffer(frame) ? frame : JSON.stringify(frame));
  }

  /** Takes the first frame that fits out of those that came, or waits for it. */
  async take<F extends T>(fits: (frame: T) => boolean, what: string, withinMs?: number): Promise<F> {
    const search = async (): Promise<F> => {
      for (;;) {
        if (this.faults.length > 0) throw this.faults[0] as Error;
        const place = this.frames.findIndex(fits);
        if (place >= 0) return this.frames.splice(place, 1)[0] as F;
        if (!this.isOpen) throw new Error(`closed before ${what} came; there are ${this.describe()}`);
        await new Promise<void>((resolve) => this.#heard.push(resolve));
      }
    };
    return within(search(), () => `${what}; there are ${this.describe()}`, withinMs);
  }

  describe(): string {
    return JSON.stringify(this.frames.slice(0, 5));
  }

  async closeCode(): Promise<number> {
    return (await within(this.closed, 'the socket to be closed')).code;
  }

  /** As a network that breaks. */
  cut(): void {
    this.raw.terminate();
  }
}

/** A socket of `/v1/ws` of one user. */
export class Chat extends Socket {
  constructor(raw: WebSocket) {
    super(raw, parseFrame);
  }

  next<K extends keyof Frames>(type: K, withinMs?: number): Promise<Frames[K]> {
    return this.take<Frames[K]>((frame) => frame.type === type, type, withinMs);
  }

  /** The answer to the frame with this id. */
  answer(id: string): Promise<Frames['ack'] | Frames['error']> {
    return this.take((frame) => 'id' in frame && frame.id === id && frame.type !== 'message', `the answer to ${id}`);
  }

  async ack(id: string): Promise<Frames['ack']> {
    const answer = await this.answer(id);
    if (answer.type !== 'ack') throw new Error(`no ack: ${JSON.stringify(answer)}`);
    return answer;
  }

  async refusal(id: string): Promise<Frames['error']> {
    const answer = await this.answer(id);
    if (answer.type !== 'error') throw new Error(`no error: ${JSON.stringify(answer)}`);
    return answer;
  }

  /** Sends a message to a user and waits for the ack. */
  say(to: string, msg: string, id = newId()): Promise<Frames['ack']> {
    this.send({ type: 'send', id, to, msg });
    return this.ack(id);
  }

  async markRead(conversation: string, seq: number): Promise<ReadAck> {
    const id = newId();
    this.send({ type: 'read', id, conversation, seq });
    return await this.ack(id);
  }

  /** Returns when everything that the server had for this socket so far is here. */
  async settled(): Promise<void> {
    this.send({ type: 'ping' });
    await this.next('pong');
  }

  /** The `message` frames that came and were not taken. */
  get messages(): MessageFrame[] {
    return this.frames.filter((frame) => frame.type === 'message');
  }
}

export class OriginalChat extends Socket<OriginalMessage | OriginalError> {
  constructor(raw: WebSocket) {
    super(raw, (text) => {
      const frame = JSON.parse(text) as OriginalMessage | OriginalError;
      if ('type' in frame) strictOriginalError.parse(frame);
      else strictOriginal.parse(frame);
      return frame;
    });
  }

  message(): Promise<OriginalMessage> {
    return this.take((frame) => !('type' in frame), 'a message');
  }

  error(): Promise<OriginalError> {
    return this.take((frame) => 'type' in frame, 'an error');
  }
}

let ids = 0;

/** A client message id that grows, but is no UUIDv7. */
export function newId(): string {
  ids += 1;
  return `m-${Date.now().toString(36)}-${ids.toString(36).padStart(6, '0')}`;
}

export const conversationOf = (one: string, other: string): string => `dm~${[one, other].sort().join('~')}`;

type Headers = Readonly<Record<string, string>>;

async function opened<T>(url: string, watch: (raw: WebSocket) => T, headers: Headers = {}): Promise<T> {
  const raw = new WebSocket(url, { perMessageDeflate: false, headers });
  const open = new Promise<void>((resolve, reject) => {
    raw.once('open', resolve);
    raw.once('unexpected-response', (_request, response) => {
      reject(new Error(`refused with ${String(response.statusCode)}`));
      response.destroy();
    });
    raw.once('error', reject);
  });
  // Before it is open: nothing that comes first is missed.
  const watched = watch(raw);
  await within(open, `a connection to ${url}`);
  return watched;
}

/** A socket of `/v1/ws` before hello. Goes away with the test. */
export async function openSocket(
  server: Pick<Server, 'sockets'>,
  path = '/v1/ws',
  headers: Headers = {},
): Promise<Chat> {
  const chat = await opened(`${server.sockets}${path}`, (raw) => new Chat(raw), headers);
  onTestFinished(() => chat.cut());
  return chat;
}

/** A socket of `/v1/ws` that the caller closes: after hello, or without a user before it. */
export async function connectChat(server: Server, user?: string): Promise<Chat> {
  const chat = await opened(`${server.sockets}/v1/ws`, (raw) => new Chat(raw));
  if (user === undefined) return chat;
  chat.send({ type: 'hello', user });
  await chat.next('welcome');
  await chat.next('live');
  return chat;
}

/** A socket of the original system that the caller closes. */
export function connectOriginal(server: Server, uid: string): Promise<OriginalChat> {
  return opened(`${server.sockets}/ws/${uid}`, (raw) => new OriginalChat(raw));
}

/** A socket of `/v1/ws` after hello. */
export async function enter(server: Server, user: string, fields: object = {}): Promise<Chat> {
  const chat = await openSocket(server);
  chat.send({ type: 'hello', user, ...fields });
  await chat.next('welcome');
  await chat.next('live');
  return chat;
}

/** A socket of the original system. */
export async function enterOriginal(server: Server, uid: string): Promise<OriginalChat> {
  const chat = await connectOriginal(server, uid);
  onTestFinished(() => chat.cut());
  return chat;
}

/** The status that an upgrade is refused with. */
export async function refusedUpgrade(server: Server, path: string): Promise<string> {
  return opened(`${server.sockets}${path}`, (raw) => raw).then(
    (raw) => {
      raw.terminate();
      return 'taken';
    },
    (error: unknown) => (error as Error).message,
  );
}
