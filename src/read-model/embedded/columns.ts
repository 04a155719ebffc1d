import { messageId } from '../../domain/conversation/conversation-id.ts';
import { fieldsOf, membershipId } from '../documents.ts';
import type { DocumentKind, Documents, FieldType, UserRefDocument } from '../documents.ts';
import { fromStored, toStored } from './text.ts';
import type { StoredText } from './text.ts';

/**
 * How documents are kept in columns. Every field of a shape has a column of its name, but for the exceptions below. What
 * is said here is all that creates, writes, reads, copies and compares tables.
 */

/** `person`, `conversation`: a small number, whose row in the table of that name says whom or what it stands for. */
type Form = 'text' | 'integer' | 'person' | 'conversation';

/** What a field of a type is kept as. */
const forms: Readonly<Record<FieldType, Form>> = {
  text: 'text',
  integer: 'integer',
  status: 'integer',
  user: 'person',
};

type Exceptions<Document> = {
  readonly [Field in keyof Document]?: 'conversation' | ((document: Document) => Document[Field]);
};

/** Fields that are kept as the number of a conversation, and those without a column that follow from other fields. */
const exceptions: { readonly [Kind in DocumentKind]: Exceptions<Documents[Kind]> } = {
  user: {},
  conversation: {},
  membership: {
    _id: ({ user, conversation }) => membershipId(user, conversation),
    conversation: 'conversation',
  },
  message: {
    _id: ({ conversation, seq }) => messageId(conversation, seq),
    conversation: 'conversation',
    status: ({ read_date }) => (read_date === null ? 1 : 2),
  },
  damage: {},
};

export interface Column {
  /** The field, and the column. */
  readonly name: string;
  readonly form: Form;
  readonly nullable: boolean;
}

function exceptionOf(kind: DocumentKind, name: string): unknown {
  return (exceptions[kind] as Readonly<Record<string, unknown>>)[name];
}

function columnsOfKind(kind: DocumentKind): Column[] {
  return fieldsOf(kind).flatMap(([name, { type, nullable }]) => {
    const exception = exceptionOf(kind, name);
    if (typeof exception === 'function') return [];
    return [{ name, form: exception === 'conversation' ? exception : forms[type], nullable }];
  });
}

/** The columns of each kind of document, in the order of its shape: also the order of values in a row. */
export const columns: { readonly [Kind in DocumentKind]: readonly Column[] } = {
  user: columnsOfKind('user'),
  conversation: columnsOfKind('conversation'),
  membership: columnsOfKind('membership'),
  message: columnsOfKind('message'),
  damage: columnsOfKind('damage'),
};

/** Columns to select, as `decoder` reads them. `table`: its name or alias in the statement. */
export function selected(kind: DocumentKind, table: string = kind): string {
  return columns[kind].map(({ name }) => `${table}."${name}"`).join(', ');
}

/** What a column holds. */
export type Value = StoredText | number | null;

/** Gives numbers to what rows name by number. */
export interface Numbering {
  readonly numberOfPerson: (person: UserRefDocument) => number;
  readonly numberOfConversation: (id: string) => number;
}

/** Knows what numbers in rows stand for. */
export interface Names {
  readonly personOf: (number: number) => UserRefDocument;
  readonly conversationOf: (number: number) => string;
}

/** The value of a column. */
export function encode({ form }: Column, value: unknown, numbering: Numbering): Value {
  if (value === null) return null;
  switch (form) {
    case 'text':
      return toStored(value as string);
    case 'integer':
      return value as number;
    case 'person':
      return numbering.numberOfPerson(value as UserRefDocument);
    case 'conversation':
      return numbering.numberOfConversation(value as string);
  }
}

/** Rows, as one list of values for each column. Threads hand these on at a tenth of the price of documents. */
export interface Rows {
  readonly count: number;
  readonly columns: readonly (Float64Array | Value[])[];
}

/** The rows of documents of a kind. What they name gets its number in their order. */
export function encodeRows<Kind extends DocumentKind>(
  kind: Kind,
  documents: readonly Documents[Kind][],
  numbering: Numbering,
): Rows {
  const fields: readonly Readonly<Record<string, unknown>>[] = documents;
  const filled = columns[kind].map((column) => {
    const list = column.form === 'text' || column.nullable ? [] : new Float64Array(fields.length);
    return { ...column, list, numbered: column.form === 'person' || column.form === 'conversation' };
  });
  const numbered = filled.filter((column) => column.numbered);
  fields.forEach((document, row) => {
    for (const column of numbered) put(column.list, row, encode(column, document[column.name], numbering));
  });
  for (const column of filled) {
    if (column.numbered) continue;
    const { name, list } = column;
    for (let row = 0; row < fields.length; row += 1) put(list, row, encode(column, fields[row]?.[name], numbering));
  }
  return { count: fields.length, columns: filled.map(({ list }) => list) };
}

/** Lists are filled in order, without holes: what has holes is handed on slowly. */
function put(list: Float64Array | Value[], row: number, value: Value): void {
  if (list instanceof Float64Array) list[row] = value as number;
  else list.push(value);
}

/** Makes a document of a row, an array of values, in which the columns of this kind begin at `first`. */
export function decoder<Kind extends DocumentKind>(
  kind: Kind,
  first = 0,
): (row: readonly Value[], names: Names) => Documents[Kind] {
  const order = columns[kind];
  const places = fieldsOf(kind).map(([name]) => {
    const index = order.findIndex((column) => column.name === name);
    return { name, column: order[index], place: first + index };
  });
  const derived = Object.entries<unknown>(exceptions[kind]).filter(
    (exception): exception is [string, (document: unknown) => unknown] => typeof exception[1] === 'function',
  );
  return (row, names) => {
    const document: Record<string, unknown> = {};
    for (const { name, column, place } of places) document[name] = column && decode(column, row[place] ?? null, names);
    for (const [name, derive] of derived) document[name] = derive(document);
    return document as Documents[Kind];
  };
}

function decode({ form }: Column, value: Value, names: Names): unknown {
  if (value === null) return null;
  switch (form) {
    case 'text':
      return fromStored(value as StoredText);
    case 'integer':
      return value;
    case 'person':
      return names.personOf(value as number);
    case 'conversation':
      return names.conversationOf(value as number);
  }
}
