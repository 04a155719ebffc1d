import fc from 'fast-check';
import { expect } from 'vitest';
import { foldEvents } from '../../src/projections/fold.ts';
import type { RecordedEvent } from '../../src/event-store/event-store.ts';
import type { ReadModel } from '../../src/read-model/read-model.ts';
import { dump } from './projection-model.ts';

/** A cut of the log into batches; each may overlap the one before and come twice, and the writer be opened anew. */
export const cutArbitrary = fc.array(
  fc.record({ size: fc.integer({ min: 1, max: 25 }), again: fc.boolean(), crash: fc.boolean() }),
  { minLength: 1, maxLength: 20 },
);
export type Cut = typeof cutArbitrary extends fc.Arbitrary<infer T> ? T : never;

export const inOne: Cut = [{ size: 1_000, again: false, crash: false }];
export const oneByOne: Cut = [{ size: 1, again: false, crash: false }];

/** Everything in a read model that these events were applied to, cut like this, as text. `open` gives its writer. */
export async function projected(
  open: () => ReadModel | Promise<ReadModel>,
  events: readonly RecordedEvent[],
  cut: Cut,
): Promise<string> {
  let model = await open();
  let previous: { events: readonly RecordedEvent[]; after: number } | undefined;
  let turn = 0;
  for (let next = 0, after = 0; next < events.length; turn += 1) {
    const { size, again, crash } = cut[turn % cut.length]!;
    const batch = events.slice(next, next + size);
    const position = batch.at(-1)!.position;
    // A projector that lost its checkpoint begins with a stretch that was applied before, cut elsewhere.
    const from = again && previous !== undefined ? previous : { events: [], after };
    const { batch: folded } = foldEvents([...from.events, ...batch]);
    await model.apply(folded, { after: from.after, position });
    if (again) await model.apply(folded, { after: from.after, position });
    previous = { events: batch, after };
    next += batch.length;
    after = position;
    if (crash) {
      await model.close();
      model = await open();
      expect(await model.checkpoint()).toBe(position);
    }
  }
  const documents = await dump(model);
  await model.close();
  return documents;
}
