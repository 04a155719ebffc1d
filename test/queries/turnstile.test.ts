import { describe, expect, test } from 'vitest';
import { createTurnstile } from '../../src/queries/turnstile.ts';

/** As a query that reads: it takes a while, and nothing else happens meanwhile. */
function work(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

describe('the turnstile of queries', () => {
  test('lets them begin in the order in which they come', async () => {
    const turn = createTurnstile();
    const begun: number[] = [];
    await Promise.all([0, 1, 2, 3, 4].map((place) => turn().then(() => begun.push(place))));
    expect(begun).toEqual([0, 1, 2, 3, 4]);
  });

  test('lets the event loop go on between two that take long', async () => {
    const turn = createTurnstile();
    const happened: string[] = [];
    const looking = setInterval(() => happened.push('other'), 1);
    await Promise.all(
      Array.from({ length: 4 }, async () => {
        await turn();
        work(6);
        happened.push('query');
      }),
    );
    clearInterval(looking);
    const queries = happened.flatMap((what, place) => (what === 'query' ? [place] : []));
    expect(queries).toHaveLength(4);
    for (const place of queries.slice(1)) expect(happened[place - 1]).toBe('other');
  });

  test('lets the next begin when all is done that follows from the one before', async () => {
    const turn = createTurnstile();
    const steps: string[] = [];
    const query = async (name: string): Promise<void> => {
      await turn();
      for (let step = 0; step < 5; step += 1) steps.push(await Promise.resolve(name));
    };
    await Promise.all([query('one'), query('other')]);
    expect(steps.join(' ')).toBe('one one one one one other other other other other');
  });

  test('is open again when nobody waits any more', async () => {
    const turn = createTurnstile();
    await turn();
    work(6);
    await turn();
    await new Promise((resolve) => setImmediate(resolve));
    await turn();
  });
});
