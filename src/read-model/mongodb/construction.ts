import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Db } from 'mongodb';
import { ReadModelUnavailableError } from '../read-model.ts';
import type {
  ConversationDocument,
  MessageDocument,
  ReadModelBatch,
  ReadModelScan,
  UserDocument,
} from '../read-model.ts';
import { createBatchWriter } from './batch-writer.ts';
import { connectMongo, deadlines, maxReadMs } from './client.ts';
import { collectionNames, collectionsOf, ensureIndexes } from './collections.ts';
import type { Collections } from './collections.ts';
import { toConversation, toMessage, toUser } from './documents.ts';
import { createFence } from './fence.ts';
import type { Fence, Fenced } from './fence.ts';
import { reading } from './queries.ts';
import { leaseRebuild } from './rebuild-lease.ts';
import type { RebuildLease } from './rebuild-lease.ts';
import { createScans } from './scan.ts';
import { schemaVersion, sharesOf } from './shares.ts';
import { within } from './within.ts';

/** Names of the collections that are not in use yet. */
const prefix = 'building_';

/** Documents of one kind by id; those that there are. */
export interface DocumentsById {
  users(ids: readonly string[]): Promise<readonly UserDocument[]>;
  conversations(ids: readonly string[]): Promise<readonly ConversationDocument[]>;
  messages(ids: readonly string[]): Promise<readonly MessageDocument[]>;
}

/** One of the two read models that a rebuild has to do with. */
export interface Side {
  /** What the log says, or says again: what is there stays. Throws `ReadModelUnavailableError`. */
  write(batch: ReadModelBatch): Promise<void>;
  readonly scan: ReadModelScan;
  readonly byId: DocumentsById;
}

/** A read model that is built in collections beside those in use. Methods throw `ReadModelUnavailableError`. */
export interface MongoConstruction {
  readonly built: Side;
  readonly live: Side;
  /** What is applied to the read model in use; undefined where there is none that this program can read. */
  liveCheckpoint(): Promise<number | undefined>;
  /**
   * Lets projectors stand still until `release`, or `putInUse`. Only the rebuild then writes `live`, but for batches that
   * were on their way.
   */
  freeze(): Promise<Fenced>;
  /** Projectors go on: from `position` where everything up to it was written to `live` meanwhile. */
  release(position?: number): Promise<void>;
  /**
   * While frozen: the built collections, which hold everything up to `position`, take the names of those in use.
   * Wherever this ends early, what is in use is right for the positions that the projectors have: both sides are, and
   * events are applied again from the lesser position.
   */
  putInUse(position: number): Promise<void>;
  /** Gives everything back; what was not put in use is dropped. Never rejects. Safe to call twice. */
  end(): Promise<void>;
}

export interface MongoConstructionOptions {
  readonly url: string;
  /** What operators are told builds. Default: host and process id. */
  readonly holder?: string;
}

/** Throws `OperatorError` where the server cannot be used, or where another read model is being built. */
export async function beginMongoConstruction({ url, holder }: MongoConstructionOptions): Promise<MongoConstruction> {
  const { client, database } = await connectMongo(url);
  const db = client.db(database);
  const owner = { name: holder ?? `${hostname()} pid ${process.pid}`, owner: randomUUID() };
  let lease: RebuildLease | undefined;
  try {
    lease = await leaseRebuild(db, owner);
    await within(deadlines.write, makeCollections(db));
  } catch (error) {
    await lease?.release();
    await client.close();
    throw error;
  }
  const fence = createFence(sharesOf(db), owner);
  const close = once(async () => {
    await within(deadlines.write, dropUnfinished(db)).catch(() => undefined);
    await lease.release();
    await client.close();
  });
  return constructionOf(db, { lease, fence, close });
}

interface Site {
  readonly lease: RebuildLease;
  readonly fence: Fence;
  readonly close: () => Promise<void>;
}

const renewFenceEvery = 1_500;

function constructionOf(db: Db, { lease, fence, close }: Site): MongoConstruction {
  const shares = sharesOf(db);
  let timer: NodeJS.Timeout | undefined;

  const renewFence = (): void => void within(deadlines.write, fence.renew()).catch(() => undefined);

  function assertFrozen(): void {
    lease.assertHeld();
    if (!fence.stands()) throw new ReadModelUnavailableError('projectors were not held back any more');
  }

  async function release(position?: number): Promise<void> {
    if (timer === undefined) return;
    clearInterval(timer);
    timer = undefined;
    await within(deadlines.write, fence.lower(position));
  }

  return {
    built: sideOf(collectionsOf(db, prefix), () => lease.assertHeld()),
    live: sideOf(collectionsOf(db), assertFrozen),
    async liveCheckpoint() {
      const found = await reading(() => shares.findOne({ _id: 'shares' }, { maxTimeMS: maxReadMs }));
      if (found?.version !== schemaVersion) return undefined;
      return Math.min(...Object.values(found.shares).map(({ position }) => position));
    },
    async freeze() {
      const fenced = await within(deadlines.write, fence.raise());
      timer ??= setInterval(renewFence, renewFenceEvery);
      return fenced;
    },
    release,
    async putInUse(position) {
      for (const name of collectionNames) {
        assertFrozen();
        await within(deadlines.write, db.collection(`${prefix}${name}`).rename(name, { dropTarget: true }));
      }
      clearInterval(timer);
      timer = undefined;
      await within(deadlines.write, fence.lowerAt(position));
    },
    async end() {
      await release().catch(() => undefined);
      await close();
    },
  };
}

function sideOf(collections: Collections, assertMayWrite: () => void): Side {
  const writer = createBatchWriter(collections);
  const { user, conversation, message } = collections;
  const options = { maxTimeMS: maxReadMs, batchSize: 10_000 } as const;
  const among = (ids: readonly string[]) => ({ _id: { $in: [...ids] } });
  return {
    write: (batch) => writer.write(batch, assertMayWrite),
    scan: createScans(collections, reading),
    byId: {
      users: (ids) => reading(async () => (await user.find(among(ids), options).toArray()).map(toUser)),
      conversations: (ids) =>
        reading(async () => {
          const found = await conversation.find(among(ids), options).toArray();
          return found.map(toConversation).filter((one) => one !== undefined);
        }),
      messages: (ids) => reading(async () => (await message.find(among(ids), options).toArray()).map(toMessage)),
    },
  };
}

async function makeCollections(db: Db): Promise<void> {
  await dropUnfinished(db);
  for (const name of collectionNames) await db.createCollection(`${prefix}${name}`);
  await ensureIndexes(collectionsOf(db, prefix));
}

/** Also what a rebuild left that ended with its process. */
async function dropUnfinished(db: Db): Promise<void> {
  for (const name of collectionNames) await db.dropCollection(`${prefix}${name}`);
}

function once(action: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => (done ??= action());
}
