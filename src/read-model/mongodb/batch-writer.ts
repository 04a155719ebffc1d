import { markOf, membershipId } from '../documents.ts';
import type { DamageDocument, MessageDocument, UserDocument } from '../documents.ts';
import { mergeConversation, mergeMembership } from '../merge.ts';
import type { MessagePatch, ReadModelBatch } from '../read-model.ts';
import { deadlines } from './client.ts';
import type { Collections } from './collections.ts';
import { alreadyThere } from './errors.ts';
import { createGrowingWriter } from './growing-writer.ts';
import { within } from './within.ts';

/** Writes what batches say into documents; positions and leases are not its business. */
export interface BatchWriter {
  /**
   * All of a batch. A part of it, or all, may be there already; what is there stays. Throws
   * `ReadModelUnavailableError`: a part was written, write the same again. `assertMayWrite` is called before each step.
   */
  write(batch: ReadModelBatch, assertMayWrite: () => void): Promise<void>;
}

const keptConversations = 50_000;
/** As most conversations are of two. */
const keptMemberships = 2 * keptConversations;

export function createBatchWriter({ user, message, conversation, membership, damage }: Collections): BatchWriter {
  const conversations = createGrowingWriter({
    collection: conversation,
    kept: keptConversations,
    idOf: ({ _id }) => _id,
    merge: mergeConversation,
  });
  const memberships = createGrowingWriter({
    collection: membership,
    kept: keptMemberships,
    idOf: (change) => membershipId(change.user, change.conversation),
    merge: mergeMembership,
  });

  /** Of a user who is there already the newer state stays. */
  async function insertUsers(users: readonly UserDocument[]): Promise<void> {
    if (users.length === 0) return;
    const places = await user.insertMany(users, { ordered: false }).then(() => [], alreadyThere);
    const there = places.map((place) => users[place]).filter((one) => one !== undefined);
    const newer = there.map(({ _id, ...$set }) => ({
      updateOne: { filter: { _id, position: { $lt: $set.position } }, update: { $set } },
    }));
    if (newer.length > 0) await user.bulkWrite(newer, { ordered: false });
  }

  async function insertMessages(messages: readonly MessageDocument[]): Promise<void> {
    const firsts = firstOfEach(messages);
    if (firsts.length === 0) return;
    const places = await message.insertMany(firsts, { ordered: false }).then(() => [], alreadyThere);
    const there = places.map((place) => firsts[place]).filter((one) => one !== undefined);
    const taken = there.flatMap(takesPatches);
    if (taken.length > 0) await message.bulkWrite(taken, { ordered: false });
  }

  /** In order, as the first patch is the one that a message takes. */
  async function applyPatches(patches: readonly MessagePatch[]): Promise<void> {
    if (patches.length > 0) await message.bulkWrite(patches.map(toUpdate), { ordered: true });
  }

  /** A step for a step, so that a conversation never names a message that is not there yet. */
  async function write(batch: ReadModelBatch, assertMayWrite: () => void): Promise<void> {
    assertMayWrite();
    await within(
      deadlines.write,
      all(insertUsers(batch.users), writeDamages(damage, batch.damages), insertMessages(batch.messages)),
    );
    if (batch.patches.length === 0 && batch.conversations.length === 0 && batch.memberships.length === 0) return;
    assertMayWrite();
    const grow = [memberships.write(batch.memberships), conversations.write(batch.conversations)];
    await within(deadlines.write, all(applyPatches(batch.patches), ...grow));
  }

  return {
    async write(batch, assertMayWrite) {
      try {
        await write(batch, assertMayWrite);
      } catch (error) {
        conversations.forget();
        memberships.forget();
        throw error;
      }
    },
  };
}

/** The later event stays, and of one event that it was passed over. */
async function writeDamages(damage: Collections['damage'], damages: readonly DamageDocument[]): Promise<void> {
  if (damages.length === 0) return;
  const places = await damage.insertMany(damages, { ordered: false }).then(() => [], alreadyThere);
  const there = places.map((place) => damages[place]).filter((one) => one !== undefined);
  const newer = there.map(({ _id, ...$set }) => {
    const { revision } = $set;
    const filter = { _id, $or: [{ revision: { $lt: revision } }, { revision, passed: null }] };
    return { updateOne: { filter, update: { $set } } };
  });
  if (newer.length > 0) await damage.bulkWrite(newer, { ordered: false });
}

/** Ends when all have: nothing is left running behind a failure. */
async function all(...steps: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(steps)).find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
}

/** A damaged log may hold a place twice: the first in log order stays, as it does when they come in two batches. */
function firstOfEach(messages: readonly MessageDocument[]): readonly MessageDocument[] {
  const ids = new Set<string>();
  const firsts = messages.filter(({ _id }) => ids.size !== ids.add(_id).size);
  return firsts.length === messages.length ? messages : firsts;
}

/** The fields that come with each mark. */
const fieldsOfMarks = new Map<MessagePatch['once'], (keyof typeof markOf)[]>();
for (const [field, mark] of Object.entries(markOf) as [keyof typeof markOf, MessagePatch['once']][]) {
  fieldsOfMarks.set(mark, [...(fieldsOfMarks.get(mark) ?? []), field]);
}

/** What the batch patched in a message that is there. The position tells it from another one of the same place. */
function takesPatches(message: MessageDocument) {
  const { _id, position } = message;
  const taken = [...fieldsOfMarks].filter(([mark]) => message[mark] !== null);
  return taken.map(([mark, fields]) => {
    const $set = Object.fromEntries(fields.map((field) => [field, message[field]]));
    return { updateOne: { filter: { _id, position, [mark]: null }, update: { $set } } };
  });
}

function toUpdate({ conversation, after, up_to, addressee, once, set }: MessagePatch) {
  const place = { conversation, seq: { $gt: after, $lte: up_to } };
  const filter = { ...place, ...(addressee !== undefined && { 'to.id': addressee }), [once]: null };
  return { updateMany: { filter, update: { $set: set } } };
}
