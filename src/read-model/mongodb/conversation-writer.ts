import { LRUCache } from 'lru-cache';
import type { AnyBulkWriteOperation, Collection, MongoBulkWriteError } from 'mongodb';
import { mergeConversation, unknownConversation } from '../merge.ts';
import type { ConversationState } from '../merge.ts';
import { ReadModelUnavailableError } from '../read-model.ts';
import type { ConversationChange } from '../read-model.ts';
import type { StoredConversation } from './collections.ts';
import { toMember } from './documents.ts';
import { alreadyThere } from './errors.ts';

/** Writes conversation documents, each by the one writer that has its share. */
export interface ConversationWriter {
  /** Each change, at most one a conversation. One that a document has had already changes nothing. */
  readonly write: (changes: readonly ConversationChange[]) => Promise<void>;
  /** What is remembered may not be what is stored: to be called after a failure. */
  readonly forget: () => void;
}

/** Conversations that are remembered, so that they are changed without being read first. */
const kept = 50_000;
/** Looks at documents that somebody else changed meanwhile: a former holder of the share, whose last write came late. */
const tries = 5;

interface Known {
  readonly state: ConversationState;
  readonly position: number;
  readonly stored: boolean;
}

const unknown: Known = { state: unknownConversation, position: 0, stored: false };

interface Write {
  readonly id: string;
  readonly next: Known;
  readonly operation: AnyBulkWriteOperation<StoredConversation>;
}

/**
 * A document is changed only where it is at the very revision that the change was made for, so a write that comes twice
 * or late does nothing, and none leaves out what another one did.
 */
export function createConversationWriter(collection: Collection<StoredConversation>): ConversationWriter {
  const known = new LRUCache<string, Known>({ max: kept });

  async function load(ids: readonly string[]): Promise<Map<string, Known>> {
    const found = new Map<string, Known>();
    const missing: string[] = [];
    for (const id of ids) {
      const held = known.get(id);
      if (held === undefined) missing.push(id);
      else found.set(id, held);
    }
    if (missing.length === 0) return found;
    const projection = { revision: 1, last_seq: 1, last_position: 1, members: 1 } as const;
    const stored = collection.find({ _id: { $in: missing } }, { projection, batchSize: 10_000 });
    for await (const { _id, revision, last_seq, last_position, members } of stored) {
      const state = { revision, last_seq, members: members.map((member) => ({ ...member, greatest_client_id: null })) };
      found.set(_id, { state, position: last_position, stored: true });
    }
    return found;
  }

  async function writeOnce(changes: readonly ConversationChange[]): Promise<boolean> {
    const found = await load(changes.map(({ _id }) => _id));
    const writes = changes
      .map((change) => writeOf(found.get(change._id) ?? unknown, change))
      .filter((one) => one !== undefined);
    if (writes.length === 0) return true;
    const written = await bulk(
      collection,
      writes.map(({ operation }) => operation),
    );
    if (written < writes.length) {
      for (const { id } of writes) known.delete(id);
      return false;
    }
    for (const { id, next } of writes) known.set(id, next);
    return true;
  }

  return {
    async write(changes) {
      for (let count = 0; count < tries; count += 1) if (await writeOnce(changes)) return;
      throw new ReadModelUnavailableError('somebody else writes the same conversations');
    },
    forget: () => known.clear(),
  };
}

/** How many of the operations found the document as they expected it. */
async function bulk(
  collection: Collection<StoredConversation>,
  operations: readonly AnyBulkWriteOperation<StoredConversation>[],
): Promise<number> {
  try {
    const { insertedCount, matchedCount } = await collection.bulkWrite(operations, { ordered: false });
    return insertedCount + matchedCount;
  } catch (error) {
    alreadyThere(error);
    const { insertedCount, matchedCount } = (error as MongoBulkWriteError).result;
    return insertedCount + matchedCount;
  }
}

/** Undefined where the document has had the change. */
function writeOf({ state, position, stored }: Known, change: ConversationChange): Write | undefined {
  const merged = mergeConversation(state, { ...change, members: change.members.map(withoutClientId) });
  if (merged === state) return undefined;
  const { _id: id, last_message: last } = change;
  const next = { state: merged, position: Math.max(position, change.last_position), stored: true };
  const { revision, members } = merged;
  if (!stored) {
    const document: StoredConversation = {
      _id: id,
      members: members.map(toMember),
      last_seq: merged.last_seq,
      revision,
      last_message: last ?? null,
      updated_at: last?.send_date ?? 0,
      last_position: next.position,
    };
    return { id, next, operation: { insertOne: { document } } };
  }
  const isNewer = last !== undefined && last.seq > state.last_seq;
  const $set = {
    revision,
    last_position: next.position,
    ...(isNewer && { last_seq: last.seq, last_message: last, updated_at: last.send_date }),
    ...changedMembers(state, merged),
  };
  return { id, next, operation: { updateOne: { filter: { _id: id, revision: state.revision }, update: { $set } } } };
}

/** MongoDB finds the greatest in its index of messages. */
function withoutClientId<T extends object>(change: T): T & { readonly greatest_client_id: null } {
  return { ...change, greatest_client_id: null };
}

/** Only the members that changed, by their places, unless one joined: a group may have thousands. */
function changedMembers(before: ConversationState, { members }: ConversationState): Record<string, unknown> {
  if (before.members.length !== members.length) return { members: members.map(toMember) };
  const changed = members.map((member, place) => [`members.${place}`, toMember(member)] as const);
  return Object.fromEntries(changed.filter((_, place) => members[place] !== before.members[place]));
}
