import { ClientError } from './errors.ts';
import type { Message, MessageFrame, ReadAckFrame, ReadEventFrame, SendAckFrame, ServerFrame } from './frames.ts';

/** An event of a kind that this client does not know: its place counts all the same. */
export interface OtherFrame {
  readonly type: 'other';
  readonly conversation: string;
  readonly revision: number;
  readonly cursor: string;
}

/** What happened in a conversation: it has a place there. */
export type EventFrame = MessageFrame | ReadEventFrame | OtherFrame;

type Check = (value: unknown) => boolean;

const string: Check = (value) => typeof value === 'string';
const number: Check = (value) => typeof value === 'number';
const boolean: Check = (value) => typeof value === 'boolean';
const userRef: Check = (value) => isObject(value) && string(value.id) && string(value.username);
const nullable =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);
const list =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);

type Shape<Frame> = { readonly [Field in Exclude<keyof Frame, 'type'>]-?: Check };

type FrameOf<Type extends ServerFrame['type']> = Extract<ServerFrame, { readonly type: Type }>;

/**
 * What must be there, by frame type: a type or a field that is forgotten does not compile. Written by hand: a schema
 * library would be most of a web page's bytes.
 */
const shapes: { readonly [Type in Exclude<ServerFrame['type'], 'ack'>]: Shape<FrameOf<Type>> } = {
  welcome: { session: string, user: string, cursor: string, recovered: boolean, serverTime: number },
  error: { id: optional(string), code: string, message: string, temporary: boolean },
  message: {
    id: string,
    clientId: string,
    conversation: string,
    seq: number,
    revision: number,
    from: userRef,
    to: nullable(userRef),
    msg: string,
    status: (value) => value === 1 || value === 2,
    sendDate: number,
    readDate: nullable(number),
    cursor: string,
  },
  read: { conversation: string, reader: string, seq: number, readDate: number, revision: number, cursor: string },
  pong: { serverTime: number },
  live: { cursor: string },
  reset: { conversations: list(string) },
  typing: { conversation: string, user: string, on: boolean },
  presence: {
    users: list((one) => isObject(one) && string(one.user) && boolean(one.online) && nullable(number)(one.lastSeen)),
  },
};

const sendAck: Shape<SendAckFrame> = {
  id: string,
  message: string,
  conversation: string,
  seq: number,
  revision: number,
  sendDate: number,
  duplicate: boolean,
};

const readAck: Shape<ReadAckFrame> = { id: optional(string), conversation: string, seq: number };

const other: Shape<OtherFrame> = { conversation: string, revision: number, cursor: string };

/**
 * A frame of the server; undefined for one of a type that this client does not know (a newer server's), unless it tells
 * an event. Throws `ClientError` `BAD_SERVER_FRAME` for anything that is no frame.
 */
export function parseServerFrame(data: unknown): ServerFrame | OtherFrame | undefined {
  const frame = parseObject(data);
  const { type } = frame;
  if (typeof type !== 'string') throw bad('has no type');
  const shape = shapeOf(type, frame);
  const fault = faultIn(frame, shape ?? other);
  if (shape === undefined) return fault === undefined ? ({ ...frame, type: 'other' } as OtherFrame) : undefined;
  if (fault !== undefined) throw bad(`of type ${type} has a bad ${fault}`);
  return frame as unknown as ServerFrame;
}

/** The message that a frame tells. */
export function messageOf({ type: _, cursor: __, ...message }: MessageFrame): Message {
  return message;
}

/** The first field that is not as it should be. */
function faultIn(frame: Record<string, unknown>, shape: Readonly<Record<string, Check>>): string | undefined {
  return Object.keys(shape).find((field) => shape[field]?.(frame[field]) !== true);
}

/** Undefined for a type that is not known. An ack that names a message answers a `send`. */
function shapeOf(type: string, frame: Record<string, unknown>): Readonly<Record<string, Check>> | undefined {
  if (type === 'ack') return frame.message === undefined && frame.revision === undefined ? readAck : sendAck;
  return Object.hasOwn(shapes, type) ? shapes[type as keyof typeof shapes] : undefined;
}

function parseObject(data: unknown): Record<string, unknown> {
  if (typeof data !== 'string') throw bad('is binary');
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    throw bad('is not JSON');
  }
  if (!isObject(value)) throw bad('is no JSON object');
  return value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function bad(what: string): ClientError {
  return new ClientError('BAD_SERVER_FRAME', `a frame of the server ${what}`);
}
