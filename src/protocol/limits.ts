import { maxMessageBytes } from '../domain/conversation/message-text.ts';

/** Longest frame a client may send, in bytes. */
export const maxFrameBytes = 64 * 1024;
/** Longest frame that is still told why it ends the socket, in bytes: beyond it the connection is cut. */
export const maxToldFrameBytes = 128 * 1024;
/** Bad frames after which a socket is closed. */
export const maxBadFrames = 5;
/** Time a client has to say hello, in milliseconds. */
export const helloMs = 10_000;
/** Most that is held of a client before its user is known, in characters. */
export const maxHeldCharacters = 256 * 1024;
/** The same in frames. */
export const maxHeldFrames = 1_000;
/** Most that is held of all such clients of a gateway, in characters; each frame counts for 128 more. */
export const maxHeldInAll = 32 * 1024 * 1024;
export const maxCursorLength = 256;
export const maxConversationIdLength = 160;
export const maxDeviceLength = 128;
export const maxTokenLength = 16_384;
/** Longest head of a request, in bytes: there are people with many cookies. */
export const maxHeadBytes = 32 * 1024;
/** Longest body of a request over REST, in bytes. */
export const maxBodyBytes = 64 * 1024;
/** Items in an answer over REST: at most, and where the request does not say. */
export const maxPageItems = 200;
export const defaultPageItems = 50;
/** Items of a list over REST together, in bytes of JSON: a page that would be longer ends early. */
export const maxPageBytes = 512 * 1024;

/** A line of the table in docs/protocol.md. */
export interface Limit {
  readonly what: string;
  readonly limit: string;
  readonly beyond: string;
}

export const limits: readonly Limit[] = [
  { what: 'a frame of a client', limit: bytes(maxFrameBytes), beyond: 'closed with 4500' },
  { what: 'the same', limit: bytes(maxToldFrameBytes), beyond: 'cut without a close frame: the client sees 1006' },
  { what: 'bad frames of one socket', limit: String(maxBadFrames - 1), beyond: 'closed with 4500 at the next one' },
  { what: 'time until `hello`', limit: `${helloMs / 1_000} s`, beyond: 'closed with 4001' },
  {
    what: 'frames before `welcome`, together',
    limit: `${bytes(maxHeldCharacters)}, ${maxHeldFrames} frames`,
    beyond: '`OVERLOADED`',
  },
  { what: 'the same, of all sockets of a gateway', limit: bytes(maxHeldInAll), beyond: '`OVERLOADED`' },
  { what: '`msg`', limit: `1 to ${grouped(maxMessageBytes)} bytes of UTF-8`, beyond: '`BAD_FRAME`' },
  { what: '`conversation`', limit: characters(maxConversationIdLength), beyond: '`BAD_FRAME`' },
  { what: '`cursor`', limit: characters(maxCursorLength), beyond: '`BAD_FRAME`' },
  { what: '`device`', limit: characters(maxDeviceLength), beyond: '`BAD_FRAME`' },
  { what: '`token`', limit: characters(maxTokenLength), beyond: '`BAD_FRAME`' },
  { what: 'the head of a request', limit: bytes(maxHeadBytes), beyond: 'status 431' },
  {
    what: 'headers of a request on `WS_PORT`, over uWebSockets.js',
    limit: '96',
    beyond: 'no answer, and cut after ten seconds. `HTTP_PORT` takes more',
  },
  { what: 'a body over REST', limit: bytes(maxBodyBytes), beyond: '`BAD_FRAME`, status 413' },
  {
    what: '`limit` of a list over REST',
    limit: `1 to ${maxPageItems}, default ${defaultPageItems}`,
    beyond: '`BAD_FRAME`',
  },
  { what: 'the items of a page over REST', limit: bytes(maxPageBytes), beyond: 'it ends early, `next` goes on' },
];

export function atMost(length: number): string {
  return `must be at most ${length} characters`;
}

function bytes(count: number): string {
  const mebibyte = 1024 * 1024;
  return count < mebibyte ? `${count / 1024} KiB` : `${count / mebibyte} MiB`;
}

function characters(count: number): string {
  return `${grouped(count)} characters`;
}

function grouped(count: number): string {
  return count.toLocaleString('en-US');
}
