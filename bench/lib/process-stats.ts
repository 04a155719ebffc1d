import { readFileSync } from 'node:fs';

/** Kernel ticks a second in /proc, the same on every Linux of today. */
const ticksPerSecond = 100;

/** Seconds of CPU time that a process used so far, user and kernel, all its threads. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The name, in brackets, may hold blanks: fields are counted from behind it. utime and stime are 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

/** KB of memory of a process: `rss` all of it, `anonymous` what it allocated itself. */
export function memoryKb(pid: number): { rss: number; anonymous: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  const field = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? NaN);
  return { rss: field('VmRSS'), anonymous: field('RssAnon') };
}
