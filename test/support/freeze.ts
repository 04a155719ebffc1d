import { existsSync, readFileSync } from 'node:fs';
import { until } from './until.ts';

/** Stops a process from running, and resolves once it stands still: a signal takes a moment to reach every thread. */
export async function freezeProcess(pid: number): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  const path = `/proc/${pid}/stat`;
  if (!existsSync(path)) return;
  await until(() => /^\d+ \(.*\) T/s.test(readFileSync(path, 'utf8')), 'the process stands still', { everyMs: 1 });
}
