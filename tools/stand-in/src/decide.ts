import type { CommittedPlace } from './committed-ids.ts';
import type { StreamState } from './stream-states.ts';

export type Expected = bigint | 'any' | 'no_stream' | 'stream_exists';

export type Decision =
  /** `undelete`: the stream was deleted, and this append takes it up again. */
  | { readonly kind: 'append'; readonly undelete: boolean }
  /** These events are there already, the last of them at this revision. */
  | { readonly kind: 'repeated'; readonly revision: number }
  /** `actual`: the newest revision, -1 where there is no stream. */
  | { readonly kind: 'wrong'; readonly actual: number }
  | { readonly kind: 'deleted' };

export interface Attempt {
  readonly stream: string;
  readonly expected: Expected;
  readonly ids: readonly string[];
}

export interface Known {
  readonly state: StreamState;
  /** Id of the event at a revision of the stream. */
  idAt(revision: number): string | undefined;
  /** Where an id was written lately. */
  find(id: string): CommittedPlace | undefined;
}

/**
 * What EventStoreDB does with an append. At an exact revision a repeat is told from what the stream holds, so for ever;
 * at `any` and `stream_exists` from the ids still in memory. An append at the newest revision is always written.
 */
export function decide(attempt: Attempt, known: Known): Decision {
  const { expected } = attempt;
  const { head, tombstoned } = known.state;
  if (tombstoned) return { kind: 'deleted' };
  if (expected === 'any') return decideByMemory(attempt, known);
  if (expected === 'stream_exists') return missing(known.state) ?? decideByMemory(attempt, known);
  const after = expected === 'no_stream' ? -1n : expected;
  if (after < BigInt(head)) return decideByLog(attempt, known, Number(after));
  if (after > BigInt(head)) return { kind: 'wrong', actual: head };
  return { kind: 'append', undelete: isSoftDeleted(known.state) };
}

function isSoftDeleted({ metadata }: StreamState): boolean {
  return metadata.softDeleted === true;
}

function missing(state: StreamState): Decision | undefined {
  const { head, metadataHead } = state;
  if (isSoftDeleted(state)) return { kind: 'deleted' };
  return head < 0 && metadataHead < 0 ? { kind: 'wrong', actual: head } : undefined;
}

function decideByMemory({ stream, ids }: Attempt, { state, find }: Known): Decision {
  const places = ids.map(find).map((place) => (place?.stream === stream ? place : undefined));
  const last = places.at(-1);
  if (places[0] === undefined) return { kind: 'append', undelete: isSoftDeleted(state) };
  if (last === undefined || places.includes(undefined)) return { kind: 'wrong', actual: state.head };
  return { kind: 'repeated', revision: last.revision };
}

function decideByLog({ expected, ids }: Attempt, { state, idAt }: Known, after: number): Decision {
  const wrong = { kind: 'wrong', actual: state.head } as const;
  const same = ids.map((id, index) => idAt(after + 1 + index) === id);
  if (ids.length === 0) return wrong;
  if (same[0] === false && expected === 'no_stream' && isSoftDeleted(state)) return { kind: 'append', undelete: true };
  return same.includes(false) ? wrong : { kind: 'repeated', revision: after + ids.length };
}
