import type { DocumentDifference } from '../read-model/construction.ts';

/** One way in which the read model is not what the log says, or the log not what it should be. */
export interface Difference {
  /**
   * `missing`: the log gives this document, the read model has none. `unexpected`: the other way round. `different`:
   * both have it. `position`, `revision`, `seq`: the log has a gap or a repeat. `cut`: events of a stream are hidden by
   * its metadata, or deleted: they are gone with the next scavenge. `unreadable`: the log has an event that cannot be
   * read, or the read model in use cannot be. `checkpoint`: the read model is of another log, or of a later state of this
   * one.
   */
  readonly kind: DocumentDifference['kind'] | 'position' | 'revision' | 'seq' | 'cut' | 'unreadable' | 'checkpoint';
  /** What it is about, e.g. `message dm~1~2:7`. */
  readonly where: string;
  /** Names of the fields that differ, of a `different` document. */
  readonly fields?: readonly string[];
  readonly expected: unknown;
  readonly actual: unknown;
}

/** What is told of a document that differs. */
export function differenceOf({ document, id, fields, ...rest }: DocumentDifference): Difference {
  return { ...rest, where: `${document} ${id}`, ...(fields.length > 0 && { fields }) };
}

/** `fault`: why what the read model has applied cannot be of this log. */
export function ofAnotherLog(fault: string): Difference {
  return { kind: 'checkpoint', where: 'checkpoint', expected: 'a place in this log', actual: `it ${fault}` };
}

/**
 * One line, such as `different membership 1001 dm~1001~1002: read_seq 3 instead of 5`. Of a document that is there on one
 * side only no field is named.
 */
export function describeDifference({ kind, where, fields = [], expected, actual }: Difference): string {
  const told = fields.map(
    (name) => `${name} ${show(fieldOf(actual, name))} instead of ${show(fieldOf(expected, name))}`,
  );
  return told.length === 0 ? `${kind} ${where}` : `${kind} ${where}: ${told.join(', ')}`;
}

function fieldOf(document: unknown, name: string): unknown {
  return typeof document === 'object' && document !== null ? Reflect.get(document, name) : undefined;
}

function show(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}
