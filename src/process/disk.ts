import { readdir, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sample } from '../shared/plain-metrics.ts';
import type { Metrics } from '../shared/metrics.ts';

/** Files of the embedded stores, as metrics call them. A read model that is being built beside the other counts too. */
const kinds: readonly (readonly [kind: string, name: RegExp])[] = [
  ['log', /^log\.db$/],
  ['log-wal', /^log\.db-wal$/],
  ['read-model', /^read-model-[0-9]+\.db(\.building)?$/],
  ['read-model-wal', /^read-model-[0-9]+\.db(\.building)?-wal$/],
];

/** Shows how large the files in the data folder are, and what is left of their disk, to whoever asks for metrics. */
export function showDisk(
  dataDir: string,
  { fileBytes, diskFreeBytes }: Pick<Metrics, 'fileBytes' | 'diskFreeBytes'>,
): void {
  fileBytes.from(() => sizesIn(dataDir));
  diskFreeBytes.from(async () => {
    const disk = await statfs(dataDir).catch(() => undefined);
    return disk === undefined ? [] : [{ value: disk.bavail * disk.bsize }];
  });
}

async function sizesIn(dataDir: string): Promise<Sample[]> {
  const names = await readdir(dataDir).catch(() => []);
  const sizes = new Map<string, number>();
  for (const name of names) {
    const kind = kinds.find(([, pattern]) => pattern.test(name))?.[0];
    if (kind === undefined) continue;
    // One that has just gone takes no room.
    const size = await stat(join(dataDir, name)).then(
      ({ size: bytes }) => bytes,
      () => 0,
    );
    sizes.set(kind, (sizes.get(kind) ?? 0) + size);
  }
  return [...sizes].map(([file, value]) => ({ labels: { file }, value }));
}
