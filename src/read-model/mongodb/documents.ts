import { documentKinds, fieldsOf } from '../documents.ts';
import type { DocumentKind, Documents, Field } from '../documents.ts';

/* What is stored is the document of the shape. Anybody may have changed it behind our back. */

type Values = Readonly<Record<string, unknown>>;

const fieldsByKind = new Map(documentKinds.map((kind) => [kind, fieldsOf(kind)] as const));

/** The document of a kind: the fields of its shape in their order, and nothing else that may be stored with them. */
export function toDocument<Kind extends DocumentKind>(kind: Kind, stored: Documents[Kind]): Documents[Kind] {
  const values: Values = stored;
  const document: Record<string, unknown> = {};
  for (const [name, { type }] of fieldsByKind.get(kind) ?? []) {
    document[name] = type === 'user' ? toRef(values[name]) : values[name];
  }
  return document as Documents[Kind];
}

function toRef(stored: unknown): unknown {
  if (!isObject(stored)) return stored;
  return { id: stored['id'], username: stored['username'] };
}

/**
 * What is really stored, for comparison: fields too many and values of other types stay, fields that are missing are not
 * added. Those of the shape come first and in its order.
 */
export function asStored<Kind extends DocumentKind>(kind: Kind, stored: Documents[Kind]): Documents[Kind] {
  return inOrder(fieldsByKind.get(kind) ?? [], stored) as Documents[Kind];
}

const refFields: readonly (readonly [string, Field])[] = [
  ['id', { type: 'text', nullable: false }],
  ['username', { type: 'text', nullable: false }],
];

function inOrder(fields: readonly (readonly [string, Field])[], stored: Values): Values {
  const document: Record<string, unknown> = {};
  for (const [name, { type }] of fields) {
    if (!Object.hasOwn(stored, name)) continue;
    const value = stored[name];
    document[name] = type === 'user' && isObject(value) ? inOrder(refFields, value) : value;
  }
  for (const [name, value] of Object.entries(stored)) {
    if (!Object.hasOwn(document, name)) document[name] = value;
  }
  return document;
}

function isObject(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
