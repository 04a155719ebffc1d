import type { Row } from './part.ts';

export function formatTable(rows: readonly Row[]): string {
  const head = ['part', 'measured', 'weiliao', 'raw echo', 'ratio', 'unit'];
  const lines = rows.map(({ part, what, value, unit, floor }) => [
    part,
    what,
    digits(value),
    floor === undefined ? '' : digits(floor),
    floor === undefined ? '' : digits(value / floor),
    unit,
  ]);
  const widths = head.map((name, column) => Math.max(name.length, ...lines.map((line) => line[column]?.length ?? 0)));
  const numeric = new Set([2, 3, 4]);
  const format = (cells: readonly string[]): string =>
    `| ${cells.map((cell, i) => (numeric.has(i) ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0))).join(' | ')} |`;
  const rule = `| ${widths.map((width, i) => (numeric.has(i) ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width))).join(' | ')} |`;
  return [format(head), rule, ...lines.map(format)].join('\n');
}

/** Three significant digits. */
function digits(value: number): string {
  if (!Number.isFinite(value)) return 'n/a';
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US');
  return value.toPrecision(3);
}
