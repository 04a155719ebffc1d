import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { documentKinds, fieldsOf } from '../../src/read-model/documents.ts';
import type { DocumentKind, Documents } from '../../src/read-model/documents.ts';
import { columns } from '../../src/read-model/embedded/columns.ts';
import type { Column } from '../../src/read-model/embedded/columns.ts';
import { freeze } from '../../src/read-model/embedded/comparison.ts';
import { createScans } from '../../src/read-model/embedded/scan.ts';
import type { Scans } from '../../src/read-model/embedded/scan.ts';
import { documentOrder } from '../../src/read-model/read-model.ts';
import { damage, message, messagesBatch, readPatch, ref } from '../support/projection-documents.ts';
import { makeModelFolder } from '../support/projection-model.ts';
import type { ModelFolder } from '../support/projection-model.ts';

type Document = Documents[DocumentKind];

/** A document that one read model has and the other has not, or has with other fields. */
interface Difference {
  readonly expected: Document | undefined;
  readonly actual: Document | undefined;
}

/** A row of each kind that no other row stands in the way of when one of its columns changes. */
const chosen: { readonly [Kind in DocumentKind]: string } = {
  user: "_id = 'a'",
  conversation: "_id = 'dm~a~b'",
  membership: "user = 'b'",
  message: 'position = 3',
  damage: "_id = 'user-a'",
};

/** What makes a copy of that row another row. */
const another: { readonly [Kind in DocumentKind]: Readonly<Record<string, string>> } = {
  user: { _id: "'zz'" },
  conversation: { number: '1000', _id: "'group~another'" },
  membership: { user: "'zz'" },
  message: { position: '1000', seq: '1000' },
  damage: { _id: "'user-zz'" },
};

/** SQL for a value that the column does not have. */
function changed({ name, form, nullable }: Column): string {
  switch (form) {
    case 'text':
      return `coalesce("${name}", '') || ' changed'`;
    case 'integer':
      return `coalesce("${name}", 0) + 1000`;
    case 'person':
    case 'conversation':
      return `(SELECT number FROM ${form} WHERE number ${nullable ? 'IS NOT' : '<>'} "${name}" LIMIT 1)`;
  }
}

function update(kind: DocumentKind, column: Column): string {
  return `UPDATE ${kind} SET "${column.name}" = ${changed(column)} WHERE ${chosen[kind]}`;
}

describe('the comparison of two embedded read models', () => {
  let folder: ModelFolder;
  const path = (name: string): string => join(folder.dataDir, name);

  beforeAll(async () => {
    folder = await makeModelFolder();
    const writer = folder.open('write');
    const one = messagesBatch(message(1), message(2), message(3));
    const other = message(1, { conversation: 'dm~a~c', to: ref('c'), position: 4 });
    const users = ['a', 'b'].map((id, index) => ({ _id: id, username: id, avatar: null, position: 5 + index }));
    await writer.apply(
      { ...one, users, damages: [damage('user-a', 1)], patches: [readPatch('b', 0, 1, 60)] },
      { after: 0, position: 3 },
    );
    await writer.apply(messagesBatch(other), { after: 3, position: 4 });
    await writer.close();
    run('read-model-1.db', 'PRAGMA wal_checkpoint(TRUNCATE)');
  });
  afterAll(() => folder.remove());

  function run(name: string, sql: string): void {
    const db = new DatabaseSync(path(name));
    db.exec(sql);
    db.close();
  }

  /** What is found where the read model was changed behind everybody's back. */
  function differencesAfter(sql: string): Difference[] {
    copyFileSync(path('read-model-1.db'), path('changed.db'));
    run('changed.db', `PRAGMA synchronous = OFF; PRAGMA journal_mode = DELETE; ${sql}`);
    const built = new DatabaseSync(path('read-model-1.db'));
    const live = freeze(path('changed.db'), path('read-model-1.db'));
    try {
      if (live.sameRows()) return [];
      const scans = createScans(built);
      return documentKinds.flatMap((kind) => compare(kind, scans, live.scans));
    } finally {
      live.release();
      built.close();
    }
  }

  function compare(kind: DocumentKind, expected: Scans, actual: Scans): Difference[] {
    const here = [...expected.scan(kind)].flat();
    const there = [...actual.scan(kind)].flat();
    for (const scanned of [here, there]) expect(scanned.toSorted(documentOrder(kind))).toEqual(scanned);
    const ids = new Set([...here, ...there].map(({ _id }) => _id));
    return [...ids]
      .map((id) => ({ expected: here.find(({ _id }) => _id === id), actual: there.find(({ _id }) => _id === id) }))
      .filter((one) => JSON.stringify(one.expected) !== JSON.stringify(one.actual));
  }

  /** Names of fields that differ. A document with another id is one that is missing and one that is too many. */
  function fieldsIn(differences: readonly Difference[], kind: DocumentKind): string[] {
    const expected = differences.find((one) => one.expected !== undefined)?.expected;
    const actual = differences.find((one) => one.actual !== undefined)?.actual;
    const value = (document: Document | undefined, name: string): string =>
      JSON.stringify((document as Readonly<Record<string, unknown>> | undefined)?.[name] ?? null);
    const names = fieldsOf(kind).map(([name]) => name);
    return names.filter((name) => value(expected, name) !== value(actual, name));
  }

  it('finds nothing where nothing was changed', () => {
    expect(differencesAfter('SELECT 1')).toEqual([]);
  });

  describe.each(documentKinds)('of the documents of kind %s', (kind) => {
    it.each(fieldsOf(kind).map(([name]) => name))('names the field %s where it was changed', (name) => {
      const column = columns[kind].find((one) => one.name === name);
      // A field without a column follows from others: one of those changes it.
      const tried = column === undefined ? columns[kind] : [column];
      const found = tried.map((one) => fieldsIn(ofKind(differencesAfter(update(kind, one)), kind), kind));
      expect(found.flat()).toContain(name);
    });

    it('names one that is missing', () => {
      const found = ofKind(differencesAfter(`DELETE FROM ${kind} WHERE ${chosen[kind]}`), kind);
      expect(found).toMatchObject([{ expected: {}, actual: undefined }]);
    });

    it('names one that is too many', () => {
      const row = columnsOf(kind).map((name) => another[kind][name] ?? `"${name}"`);
      const sql = `INSERT INTO ${kind} SELECT ${row.join(', ')} FROM ${kind} WHERE ${chosen[kind]}`;
      expect(ofKind(differencesAfter(sql), kind)).toMatchObject([{ expected: undefined, actual: {} }]);
    });
  });

  /** Every column of the table of a kind, in their order there. */
  function columnsOf(kind: DocumentKind): string[] {
    const db = new DatabaseSync(path('read-model-1.db'));
    const found = db.prepare(`SELECT name FROM pragma_table_info('${kind}')`).all() as { name: string }[];
    db.close();
    return found.map(({ name }) => name);
  }

  /** Those of the differences whose documents have the fields of this kind. */
  function ofKind(differences: readonly Difference[], kind: DocumentKind): Difference[] {
    const names = fieldsOf(kind)
      .map(([name]) => name)
      .join();
    return differences.filter(({ expected, actual }) => Object.keys(expected ?? actual ?? {}).join() === names);
  }
});
