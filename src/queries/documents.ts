import type { Roster, Rosters } from '../domain/conversation/rosters.ts';
import { messageSchema } from '../protocol/message.ts';
import type { Message } from '../protocol/message.ts';
import type { MembershipDocument, MessageDocument, UserDocument } from '../read-model/documents.ts';
import { WeiliaoError } from '../shared/errors.ts';
import { readModelBehind } from './freshness.ts';

/** A user as clients see it. */
export function toUser({ _id: id, username, avatar }: Omit<UserDocument, 'position'>) {
  return { id, username, avatar };
}

/** A name of a document's field as the wire has it: `_id` is `id`, `send_date` is `sendDate`. */
type OnWire<Name extends string> = Name extends `_${infer Rest}`
  ? Rest
  : Name extends `${infer Word}_${infer Rest}`
    ? `${Word}${Capitalize<OnWire<Rest>>}`
    : Name;

/** What a message shows of its document: everything but its place in the log, which is nobody's business. */
type Shown = { readonly [Name in Exclude<keyof MessageDocument, 'position'> as OnWire<Name>]: MessageDocument[Name] };

/** The fields of Message, and those of the document that they come from. The compiler wants all that is shown. */
const shown = Object.keys(messageSchema.shape satisfies Readonly<Record<keyof Shown, unknown>>).map((name) => {
  const stored = name === 'id' ? '_id' : name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return [name, stored as keyof MessageDocument] as const;
});

/** A message as clients see it. The only way from a stored message to the wire. */
export function toMessage(document: MessageDocument): Message {
  const message: Record<string, unknown> = {};
  for (const [name, stored] of shown) message[name] = document[stored];
  return message as Shown;
}

type Reader = Pick<MembershipDocument, 'user' | 'read_seq' | 'read_date'>;

/** A message as one reader sees it: in a group the status is the reader's own. */
export function toMessageFor(reader: Reader | undefined, document: MessageDocument): Message {
  const message = toMessage(document);
  if (message.to !== null || reader === undefined) return message;
  if (message.from.id === reader.user) return { ...message, status: 2, readDate: message.sendDate };
  const read = message.seq <= reader.read_seq;
  return { ...message, status: read ? 2 : 1, readDate: read ? reader.read_date : null };
}

/**
 * Who is in the conversation, the asker among them. Throws `CONVERSATION_NOT_FOUND` where the asker has no part in it.
 * Goes before any access to the read model, so that a direct conversation of others costs the same time whether it
 * exists or not.
 */
export async function rosterFor(rosters: Rosters, conversation: string, user: string): Promise<Roster> {
  const roster = await rosters.of(conversation);
  if (roster?.joinedSeq(user) === undefined) throw conversationNotFound();
  return roster;
}

/**
 * What to say of a message or conversation that the read model does not have: where it is not `fresh`, what the asker
 * was told a moment ago is not denied.
 */
export function absent(fresh: boolean): WeiliaoError {
  return fresh ? conversationNotFound() : readModelBehind();
}

function conversationNotFound(): WeiliaoError {
  return new WeiliaoError('CONVERSATION_NOT_FOUND', 'conversation not found');
}
