import fc from 'fast-check';

/**
 * How properties are tried, everywhere. A failure tells its seed and the values that broke it before the test's own time
 * is over: a run that finds nothing ends in time as well, with fewer tries, and the values are not made smaller first.
 *
 * - `FC_RUNS`: how often each is tried, where its test does not say.
 * - `FC_SEED`: the seed of a failure, to see it again.
 * - `SHRINK`: look for smaller values that break it too; this takes minutes.
 */
const { FC_RUNS: runs, FC_SEED: seed, SHRINK: shrink } = process.env;

/**
 * Milliseconds that a test may take, and that its properties may take of them. A test's time is longer than what it waits
 * for (`patience`), so that it ends with what it waited for.
 */
export const [testTimeout, propertyTimeout] = shrink === undefined ? [180_000, 15_000] : [600_000, 540_000];

fc.configureGlobal({
  ...(runs !== undefined && { numRuns: Number(runs) }),
  ...(seed !== undefined && { seed: Number(seed) }),
  endOnFailure: shrink === undefined,
});
// A run that finds nothing ends in time as well.
fc.installGlobalPlugin(fc.interruptAfterTimeLimit(propertyTimeout));
