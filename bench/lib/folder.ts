import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Folders that are still in use. */
const folders = new Set<string>();

/** Removes whatever is left, at once: for an interrupted run. */
export function removeAll(): void {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

/** A folder for one part of a run, gone afterwards. */
export async function withFolder<T>(parent: string, use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(parent, 'weiliao-bench-'));
  folders.add(folder);
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    folders.delete(folder);
  }
}

/** Bytes on disk by purpose: what lies in the log's files, and in all others. */
export function diskBytes(folder: string) {
  const sizes = { log: 0, readModel: 0 };
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const bytes = statSync(join(entry.parentPath, entry.name)).blocks * 512;
    if (entry.name.startsWith('log.')) sizes.log += bytes;
    else sizes.readModel += bytes;
  }
  return sizes;
}
