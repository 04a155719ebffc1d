import { closeSync, fdatasyncSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';

/** What a reader must know of the machine, and of the disk of this folder, to compare numbers. */
export function machineFacts(folder: string): string[] {
  const { p50, p99 } = fsyncMs(folder);
  const load = readFileSync('/proc/loadavg', 'latin1').split(' ')[0];
  return [
    `${availableParallelism()} cores, ${cpus()[0]?.model ?? 'unknown CPU'}, ${(totalmem() / 2 ** 30).toFixed(1)} GB`,
    `Linux ${release()}, Node ${process.version}, load average ${load} before the run`,
    `fdatasync of 4 KB appended: p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms`,
  ];
}

function fsyncMs(folder: string) {
  const path = join(folder, 'fsync-probe');
  const file = openSync(path, 'w');
  const block = Buffer.alloc(4096, 1);
  try {
    const times = Array.from({ length: 200 }, () => {
      writeSync(file, block);
      const at = performance.now();
      fdatasyncSync(file);
      return performance.now() - at;
    }).sort((a, b) => a - b);
    return { p50: times[100] ?? NaN, p99: times[198] ?? NaN };
  } finally {
    closeSync(file);
    rmSync(path);
  }
}
