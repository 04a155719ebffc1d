import { errorCodes } from '../shared/errors.ts';
import type { ErrorCode, WeiliaoError } from '../shared/errors.ts';
import type { SendOutcome } from '../commands/commands.ts';
import { messageId } from '../domain/conversation/conversation-id.ts';
import type { MessageSent } from '../domain/conversation/kinds/message-sent.ts';
import type { MessagesRead } from '../domain/conversation/kinds/messages-read.ts';
import type { UserRef } from '../domain/user/user.ts';

/** Server frames as text. A frame of an event is made once, however many sockets it goes to. */

export function welcomeFrame(session: string, user: string, cursor: string): string {
  return JSON.stringify({ type: 'welcome', session, user, cursor, recovered: false, serverTime: Date.now() });
}

/**
 * Acks and messages are most of what a gateway writes, so they are put together by hand: ids consist of characters that
 * JSON takes as they are, and only what people write goes through `JSON.stringify`. A third of the time, the same text.
 */
export function sendAckFrame(id: string, outcome: SendOutcome): string {
  const { message, conversation, seq, revision, sendDate, duplicate } = outcome;
  return (
    `{"type":"ack","id":"${id}","message":"${message}","conversation":"${conversation}",` +
    `"seq":${seq},"revision":${revision},"sendDate":${sendDate},"duplicate":${duplicate}}`
  );
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
  /** The event's position, as clients see it. */
  readonly cursor: string;
}

export function messageFrame(place: EventPlace, sent: MessageSent): string {
  return `{"type":"message",${messageFields(place, sent)},"cursor":"${place.cursor}"}`;
}

/** The Message alone, as sockets of the original system get it. */
export function originalMessage(place: EventPlace, sent: MessageSent): string {
  return `{${messageFields(place, sent)}}`;
}

export function readFrame({ conversation, revision, cursor }: EventPlace, read: MessagesRead): string {
  const { reader, seq, readDate } = read;
  return JSON.stringify({ type: 'read', conversation, reader, seq, readDate, revision, cursor });
}

function messageFields({ conversation, revision }: EventPlace, sent: MessageSent): string {
  const { clientId, seq, from, to, msg, sendDate } = sent;
  return (
    `"id":"${messageId(conversation, seq)}","clientId":"${clientId}","conversation":"${conversation}",` +
    `"seq":${seq},"revision":${revision},"from":${userJson(from)},"to":${to === null ? 'null' : userJson(to)},` +
    `"msg":${JSON.stringify(msg)},"status":1,"sendDate":${sendDate},"readDate":null`
  );
}

function userJson({ id, username }: UserRef): string {
  return `{"id":"${id}","username":${JSON.stringify(username)}}`;
}
