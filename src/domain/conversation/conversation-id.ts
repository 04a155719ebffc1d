import { isUserId } from '../user/user.ts';

/** A conversation id, taken apart. Direct: exactly these two users (one, where somebody writes to themselves). */
export type ParsedConversationId =
  | { readonly kind: 'direct'; readonly members: readonly [string, string] }
  | { readonly kind: 'group'; readonly group: string };

const directPrefix = 'dm~';
const groupPrefix = 'group~';

/** `dm~<a>~<b>`, the two user ids in ascending code-unit order, so that both sides name the same conversation. */
export function directConversationId(one: string, other: string): string {
  return one < other ? `${directPrefix}${one}~${other}` : `${directPrefix}${other}~${one}`;
}

/** Undefined where the text is no conversation id, a direct one with its users in the wrong order included. */
export function parseConversationId(text: string): ParsedConversationId | undefined {
  if (text.startsWith(directPrefix)) {
    const [a, b, rest] = text.slice(directPrefix.length).split('~');
    if (a === undefined || b === undefined || rest !== undefined) return undefined;
    if (!isUserId(a) || !isUserId(b) || b < a) return undefined;
    return { kind: 'direct', members: [a, b] };
  }
  if (text.startsWith(groupPrefix)) {
    const group = text.slice(groupPrefix.length);
    return isUserId(group) ? { kind: 'group', group } : undefined;
  }
  return undefined;
}

export const conversationStreamPrefix = 'conversation-';

export function conversationStream(conversation: string): string {
  return `${conversationStreamPrefix}${conversation}`;
}

/** The conversation whose stream this is; undefined where the name only looks like one of ours. */
export function conversationOfStream(stream: string): string | undefined {
  if (!stream.startsWith(conversationStreamPrefix)) return undefined;
  const conversation = stream.slice(conversationStreamPrefix.length);
  return parseConversationId(conversation) === undefined ? undefined : conversation;
}

/** `<conversation>:<seq>`: says where the message lives. Opaque to clients, never reused. */
export function messageId(conversation: string, seq: number): string {
  return `${conversation}:${seq}`;
}

const messageIdPattern = /^(.+):([1-9][0-9]{0,15})$/;

export function parseMessageId(text: string): { conversation: string; seq: number } | undefined {
  const match = messageIdPattern.exec(text);
  if (match?.[1] === undefined || match[2] === undefined) return undefined;
  if (parseConversationId(match[1]) === undefined) return undefined;
  return { conversation: match[1], seq: Number(match[2]) };
}
