import { ReadModelMovedError } from '../read-model.ts';
import type { ReadModel } from '../read-model.ts';
import { createBatchWriter } from './batch-writer.ts';
import type { BatchWriter } from './batch-writer.ts';
import type { Collections } from './collections.ts';
import type { Acquisition, ShareHolder } from './share-lease.ts';

/** Applies batches under a lease: it neither takes nor renews it. */
export function createShareWriter(collections: Collections, lease: ShareHolder): Pick<ReadModel, 'apply'> {
  /** What a writer remembers of documents holds for one acquisition: somebody else may write between two. */
  let writer: { readonly of: Acquisition; readonly batches: BatchWriter } | undefined;

  return {
    async apply(batch, { after, position }) {
      const acquisition = lease.current();
      if (acquisition.position < after) throw new ReadModelMovedError(after, acquisition.position);
      if (position <= acquisition.position) return;
      if (writer?.of !== acquisition) writer = { of: acquisition, batches: createBatchWriter(collections) };
      await writer.batches.write(batch, () => acquisition.assertHeld());
      acquisition.assertHeld();
      await lease.advance(position);
    },
  };
}
