import { isDeepStrictEqual } from 'node:util';
import type { DocumentDifference } from './construction.ts';
import { documentKinds } from './documents.ts';
import type { DocumentKind, Documents } from './documents.ts';
import { documentOrder } from './read-model.ts';

/** All documents of each kind, a page at a time, in the order of `documentOrder`. */
export interface Scannable {
  scan<Kind extends DocumentKind>(kind: Kind): Pages<Documents[Kind]>;
}

type Pages<T> = Iterable<readonly T[]> | AsyncIterable<readonly T[]>;

/** Yields each difference between two read models. Holds one page of either in memory. */
export async function* compareDocuments(expected: Scannable, actual: Scannable): AsyncGenerator<DocumentDifference> {
  for (const kind of documentKinds) yield* compareKind(kind, expected, actual);
}

async function* compareKind(
  document: DocumentKind,
  expected: Scannable,
  actual: Scannable,
): AsyncGenerator<DocumentDifference> {
  const order = documentOrder(document);
  const sides = { expected: expected.scan(document), actual: actual.scan(document) };
  for await (const [one, other] of pairs(sides, order)) {
    const found = differenceOf(document, (one ?? other)?._id ?? '', [one, other]);
    if (found !== undefined) yield found;
  }
}

export interface Sides<T> {
  readonly expected: Pages<T>;
  readonly actual: Pages<T>;
}

/**
 * Merges two scans of one order: each document beside the one of the same place, or beside nothing. `order`: below 0
 * where the first comes before the second.
 */
export async function* pairs<T>(
  sides: Sides<T>,
  order: (one: T, other: T) => number,
): AsyncGenerator<readonly [T | undefined, T | undefined]> {
  const nextExpected = documentsOf(sides.expected);
  const nextActual = documentsOf(sides.actual);
  let expected = await nextExpected();
  let actual = await nextActual();
  while (expected !== undefined || actual !== undefined) {
    const place = placeOf(expected, actual, order);
    yield [place <= 0 ? expected : undefined, place >= 0 ? actual : undefined];
    if (place <= 0) expected = await nextExpected();
    if (place >= 0) actual = await nextActual();
  }
}

function placeOf<T>(one: T | undefined, other: T | undefined, order: (one: T, other: T) => number): number {
  if (one === undefined) return 1;
  return other === undefined ? -1 : order(one, other);
}

/** How the document `id` differs; undefined where it does not. */
export function differenceOf(
  document: DocumentKind,
  id: string,
  [expected, actual]: readonly [object | undefined, object | undefined],
): DocumentDifference | undefined {
  const of = { document, id, expected, actual } as const;
  if (expected === undefined && actual === undefined) return undefined;
  if (expected === undefined) return { kind: 'unexpected', fields: [], ...of };
  if (actual === undefined) return { kind: 'missing', fields: [], ...of };
  if (isDeepStrictEqual(expected, actual)) return undefined;
  return { kind: 'different', fields: differentFields(expected, actual), ...of };
}

/** Fields of one or the other that are not the same in both. */
function differentFields(one: object, other: object): string[] {
  const [first, second] = [new Map(Object.entries(one)), new Map(Object.entries(other))];
  const names = new Set([...first.keys(), ...second.keys()]);
  return [...names].filter((name) => {
    if (first.has(name) !== second.has(name)) return true;
    return !isDeepStrictEqual(first.get(name), second.get(name));
  });
}

function documentsOf<T>(pages: Pages<T>): () => Promise<T | undefined> {
  async function* one(): AsyncGenerator<T, undefined> {
    for await (const page of pages) yield* page;
  }
  const documents = one();
  return async () => (await documents.next()).value;
}
