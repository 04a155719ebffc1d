import type { ConversationDocument, MemberDocument, UserDocument, UserRefDocument } from '../read-model.ts';
import type { MessageDocument } from '../read-model.ts';
import type { StoredMember } from '../merge.ts';
import { fromStored } from './text.ts';
import type { StoredText } from './text.ts';

/** Rows come as arrays, in the order of these columns: half the price of objects. */
export const userColumns = 'id, username, avatar, position';
export type UserRow = readonly [StoredText, StoredText, StoredText | null, number];

export function toUser([id, username, avatar, position]: UserRow): UserDocument {
  return {
    _id: fromStored(id),
    username: fromStored(username),
    avatar: avatar === null ? null : fromStored(avatar),
    position,
  };
}

export const conversationColumns =
  'id, members, last_seq, revision, updated_at, last_position, last_client_id, last_revision, last_from, last_msg';
export type ConversationRow = readonly [
  StoredText,
  string,
  number,
  number,
  number,
  number,
  StoredText,
  number,
  StoredText,
  StoredText,
];

export function toConversation(row: ConversationRow): ConversationDocument {
  const [id, members, last_seq, revision, updated_at, last_position, client_id, last_revision, from, msg] = row;
  return {
    _id: fromStored(id),
    members: parseMembers(members).map(toMember),
    last_seq,
    revision,
    last_message: {
      seq: last_seq,
      client_id: fromStored(client_id),
      revision: last_revision,
      from: fromStored(from),
      msg: fromStored(msg),
      send_date: updated_at,
    },
    updated_at,
    last_position,
  };
}

type MemberFields = readonly [string, string, number, number | null, number, string | null];

/** JSON writes a NUL character as an escape, so the text can be stored as it is. */
export function stringifyMembers(members: readonly StoredMember[]): string {
  const fields = members.map((member): MemberFields => {
    const { id, username, read_seq, read_date, own_seq, greatest_client_id } = member;
    return [id, username, read_seq, read_date, own_seq, greatest_client_id];
  });
  return JSON.stringify(fields);
}

export function parseMembers(text: string): StoredMember[] {
  const stored = JSON.parse(text) as MemberFields[];
  return stored.map(([id, username, read_seq, read_date, own_seq, greatest_client_id]) => {
    return { id, username, read_seq, read_date, own_seq, greatest_client_id };
  });
}

function toMember({ id, username, read_seq, read_date, own_seq }: StoredMember): MemberDocument {
  return { id, username, read_seq, read_date, own_seq };
}

export const messageColumns =
  'position, seq, revision, sender, addressee, send_date, read_date, client_id, msg, conversation';
export type MessageRow = readonly [
  number,
  number,
  number,
  number,
  number | null,
  number,
  number | null,
  StoredText,
  StoredText,
  number,
];

/** `refOf` gives the person that a number stands for. */
export function toMessage(
  row: MessageRow,
  conversation: string,
  refOf: (number: number) => UserRefDocument,
): MessageDocument {
  const [position, seq, revision, sender, addressee, send_date, read_date, clientId, msg] = row;
  return {
    _id: `${conversation}:${seq}`,
    client_id: fromStored(clientId),
    conversation,
    seq,
    revision,
    position,
    from: refOf(sender),
    to: addressee === null ? null : refOf(addressee),
    msg: fromStored(msg),
    status: read_date === null ? 1 : 2,
    send_date,
    read_date,
  };
}
