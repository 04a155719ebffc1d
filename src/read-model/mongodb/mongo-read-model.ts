import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Partition } from '../../shared/config.ts';
import type { Logger } from '../../shared/logger.ts';
import { nowhere, ReadModelUnavailableError } from '../read-model.ts';
import type { Checkpoint, ReadModel } from '../read-model.ts';
import { clientOf, connectMongo, deadlines, describeUrl, maxReadMs } from './client.ts';
import { collectionsOf, ownNames } from './collections.ts';
import { assertOwn } from './ownership.ts';
import { createQueries, reading } from './queries.ts';
import type { Reading } from './queries.ts';
import { createScans } from './scan.ts';
import { createShareLease } from './share-lease.ts';
import { createShareWriter } from './share-writer.ts';
import { findShares, leastShare, placeOf, sharesOf } from './shares.ts';
import { createUpkeep, faultIn } from './upkeep.ts';
import { within } from './within.ts';

/** Name of the consumer whose shares the read model is written under. */
export const consumerName = 'read-model';

export interface MongoReadModelOptions {
  /** `mongodb://` or `mongodb+srv://`; its database, or `weiliao`. A single server and a replica set both do. */
  readonly url: string;
  readonly log: Logger;
  /** `read`: any number, anywhere; `apply` then throws. `write`: the one projector of its share. */
  readonly mode: 'write' | 'read';
  /** The server is first asked at the first use, and may come later. Default false. */
  readonly lazy?: boolean;
  /** A server that is not there is waited for as long as it takes; this is told why, again and again. */
  readonly onMissing?: (reason: string) => void;
  /** With `write`: which share of the conversations. Default 1/1, all of them. */
  readonly partition?: Partition;
  /** With `write`: what operators are told holds the share. Default: host and process id. */
  readonly holder?: string;
}

/**
 * The read model in MongoDB. Rejects with `OperatorError`, after about two seconds, where the server cannot be used, and
 * where a collection of one of its names is not ours; it may go and come at any time after that.
 *
 * A writer applies batches while it holds the lease of its share; without it, `apply` throws
 * `ReadModelUnavailableError`. Its `checkpoint` is the share's own; a reader's is what all shares have reached.
 */
export async function openMongoReadModel(options: MongoReadModelOptions): Promise<ReadModel> {
  const { url, log, mode, partition = { index: 1, count: 1 } } = options;
  const { client, database } = await (options.lazy === true ? clientOf(url) : connectMongo(url, options.onMissing));
  const db = client.db(database);
  if (options.lazy !== true) {
    await assertOwn(db, ownNames).catch(async (error: unknown) => {
      await client.close();
      throw error;
    });
  }
  // By itself the driver connects once: after a failed attempt every operation would fail for ever. Where it is connected
  // already this does nothing.
  const connect = async (): Promise<void> => {
    await client.connect();
  };
  const collections = collectionsOf(db);
  const shares = sharesOf(db, consumerName);
  const holder = { name: options.holder ?? `${hostname()} pid ${process.pid}`, owner: randomUUID() };
  const upkeep = createUpkeep(db, shares, log);
  const prepare = async (): Promise<void> => {
    await within(deadlines.write, connect());
    await upkeep();
  };
  const lease = mode === 'write' ? createShareLease({ prepare, shares, partition, holder, log }) : undefined;
  log.info({ where: describeUrl(url), database, mode }, 'read model opened');
  let closing: Promise<void> | undefined;

  async function close(): Promise<void> {
    await lease?.release();
    await client.close();
  }

  /** A closed client would connect again. */
  const answer: Reading = (read) => {
    if (closing === undefined) return reading(options.lazy === true ? () => connect().then(read) : read);
    return Promise.reject(new ReadModelUnavailableError('the read model is closed'));
  };

  async function applied(): Promise<Checkpoint> {
    const found = await findShares(shares, maxReadMs);
    return found === null ? nowhere : placeOf(leastShare(found));
  }
  const place = (): Promise<Checkpoint> => answer(lease?.place ?? applied);

  return {
    ...createQueries(collections, answer),
    ...createScans(collections, answer),
    fault: () => answer(() => faultIn(db, shares)),
    checkpoint: async () => (await place()).position,
    place,
    ...(lease === undefined ? { apply: refuse } : createShareWriter(collections, lease)),
    lease,
    close: () => (closing ??= close()),
  };
}

function refuse(): Promise<never> {
  return Promise.reject(new TypeError('this read model was opened to read'));
}
