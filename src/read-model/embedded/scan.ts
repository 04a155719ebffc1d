import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import type { DocumentKind, Documents, MessageDocument } from '../documents.ts';
import { decoder, selected } from './columns.ts';
import type { Names, Value } from './columns.ts';
import { createNames } from './references.ts';
import { prepareRows } from './rows.ts';
import { toStored } from './text.ts';
import type { StoredText } from './text.ts';

/** Documents in one page of a scan. */
const pageSize = 1_000;

/** Every document of a kind in the port's order, a page at a time: nothing is locked between two pages. */
export interface Scans {
  scan<Kind extends DocumentKind>(kind: Kind): Generator<readonly Documents[Kind][]>;
}

interface Source {
  readonly db: DatabaseSyncInstance;
  /** Which of the databases of the connection. */
  readonly schema: string;
  readonly names: Names;
  /** Conversations without a message too. */
  readonly hidden: boolean;
}

type Scan<Kind extends DocumentKind> = (source: Source) => Generator<readonly Documents[Kind][]>;

const scans: { readonly [Kind in DocumentKind]: Scan<Kind> } = {
  user: byKey('user', {
    from: ({ schema }) => `FROM ${schema}.user WHERE _id > ? ORDER BY _id`,
    keyOf: ({ _id }) => [_id],
    first: [''],
  }),
  conversation: byKey('conversation', {
    from: ({ schema, hidden }) =>
      `FROM ${schema}.conversation WHERE _id > ? ${hidden ? '' : 'AND last_seq > 0'} ORDER BY _id`,
    keyOf: ({ _id }) => [_id],
    first: [''],
  }),
  membership: byKey('membership', {
    from: ({ schema }) => `
      FROM ${schema}.membership CROSS JOIN ${schema}.conversation ON number = membership.conversation
      WHERE user >= ?1 AND (user, conversation._id) > (?1, ?2) ORDER BY user, conversation._id`,
    keyOf: ({ user, conversation }) => [user, conversation],
    first: ['', ''],
  }),
  message: byPlace,
  damage: byKey('damage', {
    from: ({ schema }) => `FROM ${schema}.damage WHERE _id > ? ORDER BY _id`,
    keyOf: ({ _id }) => [_id],
    first: [''],
  }),
};

/** What selects documents in their order, after the key of the last one before. */
interface KeySet<Document> {
  readonly from: (source: Source) => string;
  readonly keyOf: (document: Document) => readonly string[];
  /** Before every key. */
  readonly first: readonly string[];
}

/** `hidden`: for a comparison, what queries do not show too. */
export function createScans(db: DatabaseSyncInstance, { schema = 'main', hidden = false } = {}): Scans {
  return {
    scan(kind) {
      // A kind and its documents belong together, which the compiler cannot see here.
      const scan = scans[kind] as Scan<typeof kind>;
      return scan({ db, schema, hidden, names: createNames(db, schema) });
    },
  };
}

function byKey<Kind extends DocumentKind>(kind: Kind, { from, keyOf, first }: KeySet<Documents[Kind]>): Scan<Kind> {
  return function* (source) {
    const { db, names } = source;
    const page = prepareRows<Value[]>(db, `SELECT ${selected(kind)} ${from(source)} LIMIT ${pageSize}`);
    const decode = decoder(kind);
    const read = (after: readonly string[]): Documents[Kind][] =>
      page.all(...after.map(toStored)).map((row) => decode(row, names));
    yield* pages(read, first, keyOf);
  };
}

/** Conversation by conversation, by seq. Small conversations share a page. */
function* byPlace({ db, schema, names }: Source): Generator<readonly MessageDocument[]> {
  const conversations = prepareRows<[StoredText, number]>(
    db,
    `SELECT _id, number FROM ${schema}.conversation WHERE _id > ? ORDER BY _id LIMIT ${pageSize}`,
  );
  const page = prepareRows<Value[]>(
    db,
    `SELECT ${selected('message')} FROM ${schema}.message WHERE conversation = ? AND seq > ? ORDER BY seq LIMIT ${pageSize}`,
  );
  const decode = decoder('message');
  let waiting: MessageDocument[] = [];
  for (const listed of pages<[StoredText, number], StoredText>(conversations.all, '', ([id]) => id)) {
    for (const [, number] of listed) {
      const read = (seq: number): MessageDocument[] => page.all(number, seq).map((row) => decode(row, names));
      for (const found of pages(read, Number.MIN_SAFE_INTEGER, ({ seq }) => seq)) {
        waiting.push(...found);
        if (waiting.length < pageSize) continue;
        yield waiting;
        waiting = [];
      }
    }
  }
  if (waiting.length > 0) yield waiting;
}

/** Pages, each after the key of the last one before, until there are no more. */
function* pages<T, Key>(read: (after: Key) => T[], first: Key, keyOf: (last: T) => Key): Generator<T[]> {
  let after = first;
  for (;;) {
    const found = read(after);
    if (found.length > 0) yield found;
    const last = found.at(-1);
    if (last === undefined || found.length < pageSize) return;
    after = keyOf(last);
  }
}
