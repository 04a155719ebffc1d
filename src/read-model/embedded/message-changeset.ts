import type { MessageDocument, UserRefDocument } from '../read-model.ts';

/**
 * Rows of `message` as SQLite's session extension takes them: one buffer, applied in one call, at a third of the price
 * of a statement a row, and made in any thread. The format is documented at
 * https://sqlite.org/session/sqlite3changeset_apply.html and in the source of the extension, sqlite3session.c.
 *
 * Conversations and persons are places in the two lists until `renumber` puts in their numbers: only the thread that
 * writes can give those.
 */
export interface MessageChangeset {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where in `bytes` each row's fields begin. */
  readonly rows: Uint32Array<ArrayBuffer>;
  readonly conversations: readonly string[];
  readonly persons: readonly UserRefDocument[];
}

const columnCount = 10;
const tableName = 'message\0';
const headerLength = 2 + columnCount + tableName.length;
const inserted = 18;

const integerField = 1;
const textField = 3;
const blobField = 4;
const nullField = 5;
const integerLength = 9;

/** Of the fields that `renumber` changes, from the start of the row's fields. The fields before them are all integers. */
const conversationAt = 1 * integerLength + 1;
const senderAt = 4 * integerLength + 1;
const addresseeAt = 5 * integerLength + 1;

/** Longest row without its texts, and longest form of a text: three bytes a code unit, and its length before it. */
const fixedLength = 2 + 8 * integerLength;
const textLength = (text: string): number => 5 + 3 * text.length;

export function encodeMessages(messages: readonly MessageDocument[]): MessageChangeset {
  const most = messages.reduce((sum, one) => sum + fixedLength + textLength(one.client_id) + textLength(one.msg), 0);
  const bytes = Buffer.from(new ArrayBuffer(headerLength + most));
  const view = new DataView(bytes.buffer);
  const rows = new Uint32Array(messages.length);
  const conversations = places<string>();
  const persons = places<UserRefDocument>();
  let end = writeHeader(bytes);

  function integer(value: number): void {
    view.setUint8(end, integerField);
    view.setInt32(end + 1, Math.floor(value / 0x1_0000_0000));
    view.setUint32(end + 5, value >>> 0);
    end += integerLength;
  }

  function optional(value: number | null): void {
    if (value === null) view.setUint8(end++, nullField);
    else integer(value);
  }

  function text(value: string): void {
    view.setUint8(end, value.includes('\0') ? blobField : textField);
    const written = bytes.write(value, end + 5);
    for (let byte = 1; byte < 4; byte += 1) view.setUint8(end + byte, 0x80 | (written >> (7 * (4 - byte))));
    view.setUint8(end + 4, written & 0x7f);
    end += 5 + written;
  }

  messages.forEach((message, index) => {
    view.setUint8(end++, inserted);
    view.setUint8(end++, 0);
    rows[index] = end;
    integer(message.position);
    integer(conversations.of(message.conversation, message.conversation));
    integer(message.seq);
    integer(message.revision);
    integer(personPlace(persons, message.from));
    optional(message.to && personPlace(persons, message.to));
    integer(message.send_date);
    optional(message.read_date);
    text(message.client_id);
    text(message.msg);
  });
  return { bytes: bytes.subarray(0, end), rows, conversations: conversations.all, persons: persons.all };
}

function writeHeader(bytes: Buffer): number {
  bytes[0] = 'T'.charCodeAt(0);
  bytes[1] = columnCount;
  bytes.fill(0, 2, 2 + columnCount);
  bytes[2] = 1; // position, the first column, is the primary key
  return 2 + columnCount + bytes.write(tableName, 2 + columnCount, 'latin1');
}

interface Places<T> {
  readonly all: T[];
  readonly of: (key: string, value: T) => number;
}

/** Gives each key a place in a list, in the order in which they come up. */
function places<T>(): Places<T> {
  const all: T[] = [];
  const known = new Map<string, number>();
  return {
    all,
    of(key, value) {
      let place = known.get(key);
      if (place === undefined) {
        place = all.push(value) - 1;
        known.set(key, place);
      }
      return place;
    },
  };
}

function personPlace(persons: Places<UserRefDocument>, person: UserRefDocument): number {
  return persons.of(`${person.id}\0${person.username}`, person);
}

/** Puts in the numbers of conversations and persons, each list in the order of the changeset's own. */
export function renumber(
  { bytes, rows }: MessageChangeset,
  conversations: readonly number[],
  persons: readonly number[],
): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const put = (at: number, numbers: readonly number[]): void => {
    const number = numbers[view.getUint32(at + 4)] ?? 0;
    view.setUint32(at, Math.floor(number / 0x1_0000_0000));
    view.setUint32(at + 4, number >>> 0);
  };
  for (const row of rows) {
    put(row + conversationAt, conversations);
    put(row + senderAt, persons);
    if (view.getUint8(row + addresseeAt - 1) !== nullField) put(row + addresseeAt, persons);
  }
}
