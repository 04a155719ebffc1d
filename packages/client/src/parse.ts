import { ClientError } from './errors.ts';
import type { ServerFrame } from './frames.ts';

type Check = (value: unknown) => boolean;

const string: Check = (value) => typeof value === 'string';
const number: Check = (value) => typeof value === 'number';
const boolean: Check = (value) => typeof value === 'boolean';
const strings: Check = (value) => Array.isArray(value) && value.every(string);
const userRef: Check = (value) => isObject(value) && string(value.id) && string(value.username);
const nullable =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);

type Shape = Readonly<Record<string, Check>>;

/** What must be there, by frame type. Written by hand: a schema library would be most of a web page's bytes. */
const shapes: Readonly<Record<ServerFrame['type'], Shape>> = {
  welcome: { session: string, user: string, cursor: string, recovered: boolean, serverTime: number },
  ack: { id: optional(string) },
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
  typing: { conversation: string, user: string, on: boolean },
  presence: { user: string, online: boolean, lastSeen: nullable(number) },
  reset: { conversations: strings },
  pong: { serverTime: number },
};

const sendAck: Shape = {
  id: string,
  message: string,
  conversation: string,
  seq: number,
  revision: number,
  sendDate: number,
  duplicate: boolean,
};

/**
 * A frame of the server; undefined for a type that this client does not know (a newer server's). Throws `ClientError`
 * `BAD_SERVER_FRAME` for anything that is no frame.
 */
export function parseServerFrame(data: unknown): ServerFrame | undefined {
  const frame = parseObject(data);
  const { type } = frame;
  if (typeof type !== 'string') throw bad('has no type');
  if (!isKnown(type)) return undefined;
  const shape = type === 'ack' && frame.message !== undefined ? sendAck : shapes[type];
  for (const [field, check] of Object.entries(shape)) {
    if (!check(frame[field])) throw bad(`of type ${type} has a bad ${field}`);
  }
  return frame as unknown as ServerFrame;
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

function isKnown(type: string): type is ServerFrame['type'] {
  return Object.hasOwn(shapes, type);
}

function bad(what: string): ClientError {
  return new ClientError('BAD_SERVER_FRAME', `a frame of the server ${what}`);
}
