import type { MessageDocument, ReadModelBatch, ReadRange, UserDocument } from '../read-model.ts';
import { deadlines } from './client.ts';
import type { Collections } from './collections.ts';
import { createConversationWriter } from './conversation-writer.ts';
import { alreadyThere } from './errors.ts';
import { within } from './within.ts';

/** Writes what batches say into documents; positions and leases are not its business. */
export interface BatchWriter {
  /**
   * All of a batch. A part of it, or all, may be there already; what is there stays. Throws
   * `ReadModelUnavailableError`: a part was written, write the same again. `assertMayWrite` is called before each step.
   */
  write(batch: ReadModelBatch, assertMayWrite: () => void): Promise<void>;
}

export function createBatchWriter({ user, message, conversation }: Collections): BatchWriter {
  const conversations = createConversationWriter(conversation);

  async function insertUsers(users: readonly UserDocument[]): Promise<void> {
    if (users.length > 0) await user.insertMany(users, { ordered: false }).catch(alreadyThere);
  }

  async function insertMessages(messages: readonly MessageDocument[]): Promise<void> {
    const firsts = firstOfEach(messages);
    if (firsts.length === 0) return;
    const there = await message.insertMany(firsts, { ordered: false }).then(() => [], alreadyThere);
    const read = there.map((place) => firsts[place]).filter((one) => one?.status === 2);
    if (read.length > 0) await message.bulkWrite(read.flatMap(becomesRead), { ordered: false });
  }

  /** In order, as the first read of a message gives it its date. */
  async function markRead(reads: readonly ReadRange[]): Promise<void> {
    if (reads.length > 0) await message.bulkWrite(reads.map(markRange), { ordered: true });
  }

  /** A step for a step, so that a conversation never names a message that is not there yet. */
  async function write(batch: ReadModelBatch, assertMayWrite: () => void): Promise<void> {
    assertMayWrite();
    await within(deadlines.write, both(insertUsers(batch.users), insertMessages(batch.messages)));
    if (batch.reads.length === 0 && batch.conversations.length === 0) return;
    assertMayWrite();
    await within(deadlines.write, both(markRead(batch.reads), conversations.write(batch.conversations)));
  }

  return {
    async write(batch, assertMayWrite) {
      try {
        await write(batch, assertMayWrite);
      } catch (error) {
        conversations.forget();
        throw error;
      }
    },
  };
}

/** Ends when both have: nothing is left running behind a failure. */
async function both(one: Promise<void>, other: Promise<void>): Promise<void> {
  const failed = (await Promise.allSettled([one, other])).find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
}

/** A damaged log may hold a place twice: the first in log order stays, as it does when they come in two batches. */
function firstOfEach(messages: readonly MessageDocument[]): readonly MessageDocument[] {
  const ids = new Set<string>();
  const firsts = messages.filter(({ _id }) => ids.size !== ids.add(_id).size);
  return firsts.length === messages.length ? messages : firsts;
}

/** The position tells a message from another one of the same place. */
function becomesRead(message: MessageDocument | undefined) {
  if (message === undefined) return [];
  const { _id, position, read_date } = message;
  const filter = { _id, position, status: 1 as const };
  return [{ updateOne: { filter, update: { $set: { status: 2 as const, read_date } } } }];
}

function markRange({ conversation, reader, after, up_to, read_date }: ReadRange) {
  const filter = { conversation, seq: { $gt: after, $lte: up_to }, 'to.id': reader, status: 1 as const };
  return { updateMany: { filter, update: { $set: { status: 2 as const, read_date } } } };
}
