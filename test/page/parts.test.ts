import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { dayNumber, untilMidnight } from '../../packages/web/src/day-number.ts';
import { piecesOf } from '../../packages/web/src/room/links.ts';
import { RowHeights } from '../../packages/web/src/room/row-heights.ts';

describe('links in a text', () => {
  const links = (text: string): string[] => piecesOf(text).flatMap(({ text: own, href }) => (href ? [own] : []));

  test.each([
    ['see https://a.example/x.', ['https://a.example/x']],
    ['(https://a.example/wiki/A_(b))', ['https://a.example/wiki/A_(b)']],
    ['看https://a.example/路径，然后', ['https://a.example/路径']],
    ['「http://a.example」', ['http://a.example']],
    ['HTTPS://A.EXAMPLE and http://b.example', ['HTTPS://A.EXAMPLE', 'http://b.example']],
    ['javascript:alert(1) data:text/html,x file:///etc a.example', []],
    ['https:// http://', []],
  ])('%s', (text, found) => {
    expect(links(text)).toEqual(found);
  });

  test('whatever is written, the pieces are the text, and only http is followed', () => {
    const part = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom('http://', 'https://a.b', '(', ')', '。', ' '),
    );
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        const text = parts.join('');
        const pieces = piecesOf(text);
        expect(pieces.map((piece) => piece.text).join('')).toBe(text);
        for (const { href } of pieces) if (href !== undefined) expect(href).toMatch(/^https?:\/\//);
      }),
    );
  });
});

test('the heights of rows: sums and places are those of a plain list, whatever was measured', () => {
  const measured = fc.array(fc.tuple(fc.nat(99), fc.integer({ min: 1, max: 500 })));
  fc.assert(
    fc.property(measured, fc.nat(12_000), (changes, offset) => {
      const heights = new RowHeights(60);
      const plain = Array.from({ length: 100 }, () => 60);
      for (const [row, height] of changes) {
        heights.set(row, height);
        plain[row] = height;
      }
      const offsets = plain.map((_, row) => plain.slice(0, row).reduce((sum, height) => sum + height, 0));
      expect(plain.map((_, row) => heights.offsetOf(row))).toEqual(offsets);
      expect(heights.rowAt(offset, 100)).toBe(offsets.findLastIndex((each) => each <= offset));
    }),
  );
});

describe('days of a place whose clock is put forward and back', () => {
  const zone = process.env['TZ'];

  test.each([
    ['America/New_York', '2026-03-08T04:59:59Z', '2026-03-08T05:00:00Z', 23],
    ['America/New_York', '2026-11-01T03:59:59Z', '2026-11-01T04:00:00Z', 25],
    ['Asia/Shanghai', '2026-06-01T15:59:59Z', '2026-06-01T16:00:00Z', 24],
  ])('in %s the day begins at %s + 1 s', (place, before, midnight, hours) => {
    process.env['TZ'] = place;
    onTestFinished(() => {
      if (zone === undefined) delete process.env['TZ'];
      else process.env['TZ'] = zone;
    });
    expect(dayNumber(Date.parse(midnight)) - dayNumber(Date.parse(before))).toBe(1);
    expect(untilMidnight(Date.parse(midnight))).toBe(hours * 3_600_000);
    expect(dayNumber(Date.parse(midnight) + hours * 3_600_000 - 1)).toBe(dayNumber(Date.parse(midnight)));
  });
});
