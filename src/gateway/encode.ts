import { errorCodes } from '../errors.ts';
import type { ErrorCode, WeiliaoError } from '../errors.ts';
import type { SendOutcome } from '../commands/commands.ts';
import { messageId } from '../domain/conversation/conversation-id.ts';
import type { MessageSent, MessagesRead } from '../domain/conversation/events.ts';
import { encodeCursor } from './cursor.ts';

/** Server frames as text. A frame of an event is made once, however many sockets it goes to. */

export function welcomeFrame(session: string, user: string, position: number): string {
  const cursor = encodeCursor(position);
  return JSON.stringify({ type: 'welcome', session, user, cursor, recovered: false, serverTime: Date.now() });
}

export function sendAckFrame(id: string, outcome: SendOutcome): string {
  const { message, conversation, seq, revision, sendDate, duplicate } = outcome;
  return JSON.stringify({ type: 'ack', id, message, conversation, seq, revision, sendDate, duplicate });
}

export function readAckFrame(id: string | undefined, conversation: string, seq: number): string {
  return JSON.stringify({ type: 'ack', id, conversation, seq });
}

export function errorFrame(id: string | undefined, error: WeiliaoError): string {
  return codeFrame(id, error.code, error.message);
}

export function codeFrame(id: string | undefined, code: ErrorCode, message: string): string {
  return JSON.stringify({ type: 'error', id, code, message, temporary: errorCodes[code].temporary });
}

export function pongFrame(): string {
  return JSON.stringify({ type: 'pong', serverTime: Date.now() });
}

/** Place of a conversation's event. */
export interface EventPlace {
  readonly conversation: string;
  readonly revision: number;
  readonly position: number;
}

export function messageFrame(place: EventPlace, sent: MessageSent): string {
  return JSON.stringify({ type: 'message', ...messageOf(place, sent), cursor: encodeCursor(place.position) });
}

/** The Message alone, as sockets of the original system get it. */
export function originalMessage(place: EventPlace, sent: MessageSent): string {
  return JSON.stringify(messageOf(place, sent));
}

export function readFrame({ conversation, revision, position }: EventPlace, read: MessagesRead): string {
  const { reader, seq, readDate } = read;
  const cursor = encodeCursor(position);
  return JSON.stringify({ type: 'read', conversation, reader, seq, readDate, revision, cursor });
}

function messageOf({ conversation, revision }: EventPlace, { clientId, seq, from, to, msg, sendDate }: MessageSent) {
  const id = messageId(conversation, seq);
  return { id, clientId, conversation, seq, revision, from, to, msg, status: 1, sendDate, readDate: null };
}
