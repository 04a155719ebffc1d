import { statfsSync } from 'node:fs';

const memory = '/dev/shm';
/** Bytes that all tests of a run hold at one time, those of four MongoDB servers among them, and as much again. */
const room = 4 * 2 ** 30;

/**
 * Settings that put the folders of tests into memory, where the system has such a place and room in it: they then wait for
 * no disk. What is killed there leaves the same behind, since a killed process takes nothing from the system's own memory.
 */
export function inMemory(): { readonly TMPDIR?: string } {
  if (process.env['TMPDIR'] !== undefined) return {};
  try {
    const { bavail, bsize } = statfsSync(memory);
    return bavail * bsize < room ? {} : { TMPDIR: memory };
  } catch {
    return {};
  }
}
