import type { Projection } from '../construction.ts';
import type { DocumentKind, Documents } from '../documents.ts';
import { columns } from './columns.ts';

export interface Table {
  readonly name: string;
  /** Which projection writes it. */
  readonly projection: Projection;
  readonly columns: readonly { readonly name: string; readonly type: 'INTEGER' | 'TEXT'; readonly nullable: boolean }[];
  /** Names of columns. A row has its place by them. */
  readonly key: readonly string[];
  /** Further columns that tell a row apart. */
  readonly unique: readonly string[];
  /** True where the key is not one integer. */
  readonly withoutRowid: boolean;
}

/** How the table of a kind is laid out. `numbered`: rows have a number of their own, which is their key. */
type Layout<Document> = Pick<Table, 'projection'> &
  (
    | { readonly key: readonly (keyof Document & string)[]; readonly withoutRowid: boolean }
    | { readonly numbered: true; readonly unique: readonly (keyof Document & string)[] }
  );

/**
 * - `message` is keyed by position: rows arrive in that order, so its tree only grows at the end. The order of a
 *   conversation is an index of small numbers.
 * - `membership` is keyed by user first: all that the friend list needs of a user lies together. The list is sorted when
 *   it is asked for, over the small rows of the user's conversations. In exchange a message moves no index entry: it
 *   writes one conversation row and the sender's membership, however many members there are.
 * - A conversation with `last_seq` 0 has no message yet and is not shown.
 */
const layouts: { readonly [Kind in DocumentKind]: Layout<Documents[Kind]> } = {
  user: { projection: 'user', key: ['_id'], withoutRowid: true },
  conversation: { projection: 'conversation', numbered: true, unique: ['_id'] },
  membership: { projection: 'conversation', key: ['user', 'conversation'], withoutRowid: true },
  message: { projection: 'message', key: ['position'], withoutRowid: false },
  damage: { projection: 'conversation', key: ['_id'], withoutRowid: true },
};

const number = { name: 'number', type: 'INTEGER', nullable: false } as const;

function tableOf(kind: DocumentKind): Table {
  const own = columns[kind].map(({ name, form, nullable }) => {
    return { name, type: form === 'text' ? 'TEXT' : 'INTEGER', nullable } as const;
  });
  const layout = layouts[kind];
  if (!('numbered' in layout)) return { name: kind, unique: [], columns: own, ...layout };
  const { projection, unique } = layout;
  return { name: kind, projection, key: ['number'], unique, withoutRowid: false, columns: [number, ...own] };
}

/** Keeps each (id, username) that messages name once, so that a message row holds two small numbers. */
const person: Table = {
  name: 'person',
  projection: 'message',
  key: ['number'],
  unique: ['id', 'username'],
  withoutRowid: false,
  columns: [number, { name: 'id', type: 'TEXT', nullable: false }, { name: 'username', type: 'TEXT', nullable: false }],
};

/** The table of each kind of document, named like it. Its columns are those of the kind, after the row's number if any. */
export const tables: { readonly [Kind in DocumentKind]: Table } = {
  user: tableOf('user'),
  conversation: tableOf('conversation'),
  membership: tableOf('membership'),
  message: tableOf('message'),
  damage: tableOf('damage'),
};

export const everyTable: readonly Table[] = [person, ...Object.values(tables)];

/** Names in a statement. */
export function named(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(', ');
}

export function createTable({ name, columns: all, key, unique, withoutRowid }: Table): string {
  const lines = [
    ...all.map((column) => `"${column.name}" ${column.type}${column.nullable ? '' : ' NOT NULL'}`),
    `PRIMARY KEY (${named(key)})`,
    ...(unique.length === 0 ? [] : [`UNIQUE (${named(unique)})`]),
  ];
  return `CREATE TABLE ${name} (${lines.join(', ')})${withoutRowid ? ' WITHOUT ROWID' : ''};`;
}

/** Of an INSERT: a row that is there already takes the values of the new one. */
export function overwriting({ columns: all, key, unique }: Table): string {
  const fixed = new Set([...key, ...unique]);
  const taken = all.filter(({ name }) => !fixed.has(name)).map(({ name }) => `"${name}" = excluded."${name}"`);
  return `ON CONFLICT (${named(key)}) DO UPDATE SET ${taken.join(', ')}`;
}
