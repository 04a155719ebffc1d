import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutArbitrary, inOne, oneByOne, projected } from '../support/projection-cut.ts';
import { makeLogFolder, rebuildIn } from '../support/projection-embedded.ts';
import { createMemoryLog } from '../support/projection-log.ts';
import { dump, makeModelFolder } from '../support/projection-model.ts';
import type { ModelFolder } from '../support/projection-model.ts';
import { factsArbitrary } from '../support/projection-script.ts';

describe('the documents of a log', () => {
  it('are the same byte for byte, however it was cut into batches, repeated and interrupted', async () => {
    await fc.assert(
      fc.asyncProperty(factsArbitrary, cutArbitrary, async (facts, cut) => {
        const log = createMemoryLog({ gap: 3 });
        log.push(...facts);
        const whole = await inFolder((folder) => projected(() => folder.open('write'), log.events, inOne));
        expect(await inFolder((folder) => projected(() => folder.open('write'), log.events, cut))).toBe(whole);
        expect(await inFolder((folder) => projected(() => folder.open('write'), log.events, oneByOne))).toBe(whole);
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
          const live = await projected(() => folder.open('write'), log.events, cut);
          const { differences, comparedAt } = await rebuildIn(folder);
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
