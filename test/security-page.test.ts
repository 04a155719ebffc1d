import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const rows = readFileSync(`${root}SECURITY.md`, 'utf8')
  .split('## What is promised')[1]!
  .split('\n## ')[0]!
  .split('\n')
  .filter((line) => line.startsWith('|'))
  .slice(2)
  .map((line) => line.split('|').map((cell) => cell.trim()));

test('each promise of SECURITY.md names tests, and they are there', () => {
  expect(rows.length).toBeGreaterThan(10);
  for (const cells of rows) {
    const named = [...cells.at(-2)!.matchAll(/`([a-z0-9/-]+)`/g)].map(([, name]) => name!);
    expect(named, cells[1]).not.toEqual([]);
    expect(named.filter((name) => !existsSync(`${root}test/${name}.test.ts`))).toEqual([]);
  }
});
