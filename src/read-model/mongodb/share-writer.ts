import { ReadModelMovedError } from '../read-model.ts';
import type { ReadModel } from '../read-model.ts';
import { createBatchWriter } from './batch-writer.ts';
import type { BatchWriter } from './batch-writer.ts';
import type { Collections } from './collections.ts';
import type { HeldShare } from './held-share.ts';
import type { ShareHolder } from './share-lease.ts';

/** Applies batches under a lease: it neither takes nor renews it. */
export function createShareWriter(collections: Collections, lease: ShareHolder): Pick<ReadModel, 'apply'> {
  /** What a writer remembers of documents holds for one acquisition: somebody else may write between two. */
  let writer: { readonly of: HeldShare; readonly batches: BatchWriter } | undefined;

  return {
    async apply(batch, { after, position, landmark }) {
      const held = lease.current();
      if (held.position < after) throw new ReadModelMovedError(after, held.position);
      if (position <= held.position) return;
      if (writer?.of !== held) writer = { of: held, batches: createBatchWriter(collections) };
      await writer.batches.write(batch, () => held.assertHeld());
      held.assertHeld();
      await held.advance({ position, landmark });
    },
  };
}
