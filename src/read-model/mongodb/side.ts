import type { DocumentKind, Documents } from '../documents.ts';
import type { ReadModelBatch } from '../read-model.ts';
import { createBatchWriter } from './batch-writer.ts';
import { maxReadMs } from './client.ts';
import type { Collections } from './collections.ts';
import { asStored } from './documents.ts';
import { reading } from './queries.ts';
import { everything } from './scan.ts';

/** One of the two read models that a rebuild has to do with. Methods throw `ReadModelUnavailableError`. */
export interface Side {
  /** What the log says, or says again: what is there stays. */
  write(batch: ReadModelBatch): Promise<void>;
  /** Every document by id, as it is stored, those too that queries do not show. */
  everything<Kind extends DocumentKind>(kind: Kind): AsyncIterable<readonly Documents[Kind][]>;
  /** Documents by id as they are stored; those that there are. Ids may be of any type. */
  byId<Kind extends DocumentKind>(kind: Kind, ids: readonly unknown[]): Promise<readonly Documents[Kind][]>;
}

/** `assertMayWrite` is called before each step of a write. */
export function sideOf(collections: Collections, assertMayWrite: () => void): Side {
  const writer = createBatchWriter(collections);
  const options = { maxTimeMS: maxReadMs, batchSize: 10_000 } as const;
  return {
    write: (batch) => writer.write(batch, assertMayWrite),
    everything: (kind) => everything(collections, kind, reading),
    byId<Kind extends DocumentKind>(kind: Kind, ids: readonly unknown[]) {
      const among: object = { _id: { $in: [...ids] } };
      return reading(async () => {
        const found = await collections[kind].find(among, options).toArray();
        return found.map((stored) => asStored(kind, stored as unknown as Documents[Kind]));
      });
    },
  };
}
