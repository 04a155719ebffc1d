import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { rooms } from '../scripts/house.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Paths that `npm pack` would put into the package of a folder, as it was built last. */
function packed(folder: string): string[] {
  const cache = mkdtempSync(join(tmpdir(), 'weiliao-pack-'));
  onTestFinished(() => rmSync(cache, { recursive: true, force: true }));
  const args = ['pack', '--dry-run', '--json', '--ignore-scripts', '--cache', cache];
  const text = execFileSync('npm', args, {
    cwd: join(root, folder),
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [{ files }] = JSON.parse(text) as [{ files: { path: string }[] }];
  return files.map(({ path }) => path);
}

interface Manifest {
  readonly bin?: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>;
}

/** Files that the manifest of a package promises. */
function promised(folder: string): string[] {
  const { bin = {}, exports } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as Manifest;
  const addresses = Object.values(exports).flatMap((entry) =>
    typeof entry === 'string' ? [entry] : [entry.types, entry.default],
  );
  return [...Object.values(bin), ...addresses].map((path) => path.replace(/^\.\//, ''));
}

describe.each([
  {
    folder: '.',
    holds:
      /^(dist\/.+\.(js|d\.ts)|dist\/page\/(index\.html|assets\/.+\.(css|svg|json|md))(\.br|\.gz)?|dist\/page\/assets\/.+\.js(\.br|\.gz)|docs\/.+\.(md|png)|LICENSE|README\.md|package\.json)$/,
  },
  { folder: 'packages/client', holds: /^(dist\/.+\.(js|d\.ts)|LICENSE|README\.md|package\.json)$/ },
])('the package of $folder', ({ folder, holds }) => {
  test('holds the program, its types and its words, and nothing else: no build info, no sources, no maps', () => {
    const files = packed(folder);
    expect(files.filter((path) => !holds.test(path))).toEqual([]);
    expect(files).toEqual(expect.arrayContaining(promised(folder)));
  });
});

test('the server comes without tools and client: its rooms and the built page are the whole of it', () => {
  const folders = packed('.').flatMap((path) => /^dist\/([^/]+)\//.exec(path)?.[1] ?? []);
  expect([...new Set(folders)].sort()).toEqual([...Object.keys(rooms), 'page'].sort());
});

test('the server holds the page with all that it names, and its parts are nobody’s dependencies', () => {
  const files = packed('.');
  const html = readFileSync(join(root, 'dist/page/index.html'), 'utf8');
  const named = [...html.matchAll(/(?:src|href)="\.\/([^"]+)"/g)].map(([, path]) => `dist/page/${path!}`);
  expect(named.length).toBeGreaterThan(1);
  expect(files).toEqual(expect.arrayContaining(named));
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { dependencies: object };
  expect(Object.keys(dependencies).filter((name) => /^(react|vite|@weiliao)/.test(name))).toEqual([]);
});
