import type { Worker } from 'node:worker_threads';
import type { Sample } from './plain-metrics.ts';

const running = new Map<Worker, string>();

/** Notes a thread of this process whose loop is to be seen: how busy it is can be asked from outside. */
export function watchLoop(thread: string, worker: Worker): void {
  running.set(worker, thread);
  worker.once('exit', () => running.delete(worker));
}

/** Seconds that each thread's loop has been at work. */
export function loopSeconds(): Sample[] {
  const busy = new Map<string, number>([['main', performance.eventLoopUtilization().active]]);
  for (const [{ performance: own }, thread] of running) {
    busy.set(thread, (busy.get(thread) ?? 0) + own.eventLoopUtilization().active);
  }
  return [...busy].map(([thread, active]) => ({ labels: { thread }, value: active / 1_000 }));
}
