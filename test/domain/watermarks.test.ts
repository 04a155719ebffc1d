import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Watermarks } from '../../src/domain/conversation/watermarks.ts';

describe('read watermarks', () => {
  /** Each step moves a watermark in some moment there was before, so that moments branch off wherever they like. */
  const steps = fc.array(fc.record({ from: fc.nat(), user: fc.constantFrom('a', 'b', 'c'), seq: fc.nat(9) }));

  it('show the same at any moment, whatever came after it and in whatever order it is asked', () => {
    fc.assert(
      fc.property(steps, fc.array(fc.nat()), (moves, asked) => {
        const moments = [{ marks: Watermarks.none, expected: new Map<string, number>() }];
        for (const { from, user, seq } of moves) {
          const before = moments[from % moments.length]!;
          moments.push({ marks: before.marks.moved(user, seq), expected: new Map(before.expected).set(user, seq) });
        }
        for (const index of [...asked, ...moments.keys()]) {
          const { marks, expected } = moments[index % moments.length]!;
          for (const user of ['a', 'b', 'c', 'd']) expect(marks.get(user)).toBe(expected.get(user));
          expect(new Map(marks)).toEqual(expected);
        }
      }),
    );
  });

  it('go back over a hundred thousand moments', () => {
    const first = Watermarks.none.moved('a', 1);
    let last = first;
    for (let seq = 2; seq <= 100_000; seq += 1) last = last.moved('a', seq);
    expect(first.get('a')).toBe(1);
    expect(last.get('a')).toBe(100_000);
  });
});
