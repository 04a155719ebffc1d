import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldEvents } from '../../dist/projections/fold.js';
import { rebuildEmbedded } from '../../dist/projections/rebuild.js';
import type { RecordedEvent } from '../../dist/event-store/event-store.js';
import { makeLogFolder } from '../support/projection-embedded.ts';
import { createMemoryLog } from '../support/projection-log.ts';
import { dump, makeModelFolder, silent } from '../support/projection-model.ts';
import type { ModelFolder } from '../support/projection-model.ts';
import { factsArbitrary } from '../support/projection-script.ts';

/** A cut of the log into batches; each may overlap the one before and come twice, and the writer be opened anew. */
const cutArbitrary = fc.array(
  fc.record({ size: fc.integer({ min: 1, max: 25 }), again: fc.boolean(), crash: fc.boolean() }),
  { minLength: 1, maxLength: 20 },
);
type Cut = typeof cutArbitrary extends fc.Arbitrary<infer T> ? T : never;

const inOne: Cut = [{ size: 1_000, again: false, crash: false }];
const oneByOne: Cut = [{ size: 1, again: false, crash: false }];

describe('the documents of a log', () => {
  it('are the same byte for byte, however it was cut into batches, repeated and interrupted', async () => {
    await fc.assert(
      fc.asyncProperty(factsArbitrary, cutArbitrary, async (facts, cut) => {
        const log = createMemoryLog({ gap: 3 });
        log.push(...facts);
        const whole = await inFolder((folder) => projected(folder, log.events, inOne));
        expect(await inFolder((folder) => projected(folder, log.events, cut))).toBe(whole);
        expect(await inFolder((folder) => projected(folder, log.events, oneByOne))).toBe(whole);
      }),
      { numRuns: 20 },
    );
  });

  it('are the same byte for byte when they are rebuilt from nothing', async () => {
    await fc.assert(
      fc.asyncProperty(factsArbitrary, cutArbitrary, async (facts, cut) => {
        const folder = await makeLogFolder();
        try {
          await folder.append(facts);
          const log = createMemoryLog();
          log.push(...facts);
          const live = await projected(folder, log.events, cut);
          const { differences, comparedAt } = await rebuildEmbedded({ dataDir: folder.dataDir, log: silent });
          expect(differences).toEqual([]);
          expect(comparedAt).toBe(facts.length);
          expect(await dump(folder.open('read'))).toBe(live);
        } finally {
          await folder.remove();
        }
      }),
      { numRuns: 10 },
    );
  });
});

async function inFolder<T>(use: (folder: ModelFolder) => Promise<T>): Promise<T> {
  const folder = await makeModelFolder();
  try {
    return await use(folder);
  } finally {
    await folder.remove();
  }
}

async function projected(folder: ModelFolder, events: readonly RecordedEvent[], cut: Cut): Promise<string> {
  let model = folder.open('write');
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
      model = folder.open('write');
      expect(await model.checkpoint()).toBe(position);
    }
  }
  const documents = await dump(model);
  await model.close();
  return documents;
}
