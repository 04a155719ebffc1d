import { isDeepStrictEqual } from 'node:util';
import type { ConversationDocument, MessageDocument, UserDocument } from '../read-model/read-model.ts';

/** One way in which the read model is not what the log says, or the log not what it should be. */
export interface Difference {
  /**
   * `missing`: the log gives this document, the read model has none. `unexpected`: the other way round. `different`:
   * both have it. `position`, `revision`, `seq`: the log has a gap or a repeat. `unreadable`: the log has an event that
   * cannot be read. `checkpoint`: the read model has applied more than the log holds.
   */
  readonly kind: 'missing' | 'unexpected' | 'different' | 'position' | 'revision' | 'seq' | 'unreadable' | 'checkpoint';
  /** What it is about, e.g. `message dm~1~2:7`. */
  readonly where: string;
  readonly expected: unknown;
  readonly actual: unknown;
}

interface Document {
  readonly _id: string;
}

export interface Comparison<T extends Document> {
  /** Name of a document of this kind. */
  readonly name: string;
  readonly expected: Pages<T>;
  readonly actual: Pages<T>;
  /** Below 0 where the first comes before the second in both scans. */
  readonly order: (one: T, other: T) => number;
}

/** Every document of a read model, in the order of the port's scans. */
export interface Everything {
  users(): Pages<UserDocument>;
  conversations(): Pages<ConversationDocument>;
  messages(): Pages<MessageDocument>;
}

/** Yields each difference between two read models. */
export async function* compareEverything(expected: Everything, actual: Everything): AsyncGenerator<Difference> {
  yield* compareScans({ name: 'user', expected: expected.users(), actual: actual.users(), order: byId });
  yield* compareScans({
    name: 'conversation',
    expected: expected.conversations(),
    actual: actual.conversations(),
    order: byId,
  });
  yield* compareScans({
    name: 'message',
    expected: expected.messages(),
    actual: actual.messages(),
    order: (one, other) => compareText(one.conversation, other.conversation) || one.seq - other.seq,
  });
}

function byId(one: Document, other: Document): number {
  return compareText(one._id, other._id);
}

function compareText(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

/** Merges two scans of the same order and yields each difference. Holds one page of either in memory. */
export async function* compareScans<T extends Document>(comparison: Comparison<T>): AsyncGenerator<Difference> {
  const { name, order } = comparison;
  const nextExpected = documentsOf(comparison.expected);
  const nextActual = documentsOf(comparison.actual);
  let expected = await nextExpected();
  let actual = await nextActual();
  while (expected !== undefined || actual !== undefined) {
    if (expected !== undefined && (actual === undefined || order(expected, actual) < 0)) {
      yield { kind: 'missing', where: `${name} ${expected._id}`, expected, actual: undefined };
      expected = await nextExpected();
    } else if (actual !== undefined && (expected === undefined || order(expected, actual) > 0)) {
      yield { kind: 'unexpected', where: `${name} ${actual._id}`, expected: undefined, actual };
      actual = await nextActual();
    } else {
      if (!isDeepStrictEqual(expected, actual)) {
        yield { kind: 'different', where: `${name} ${expected?._id ?? ''}`, expected, actual };
      }
      expected = await nextExpected();
      actual = await nextActual();
    }
  }
}

type Pages<T> = Iterable<readonly T[]> | AsyncIterable<readonly T[]>;

function documentsOf<T>(pages: Pages<T>): () => Promise<T | undefined> {
  async function* one(): AsyncGenerator<T, undefined> {
    for await (const page of pages) yield* page;
  }
  const documents = one();
  return async () => (await documents.next()).value;
}
