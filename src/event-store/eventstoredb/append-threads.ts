import { hashOf } from '../stream-hash.ts';
import { startAppendThread } from './append-thread.ts';
import type { AppendThread, AppendThreadOptions } from './append-thread.ts';

/** Several threads that append. A stream always goes to the same one, so its appends keep their order. */
export function startAppendThreads({ count, ...options }: AppendThreadOptions & { count: number }): AppendThread {
  const threads = Array.from({ length: count }, () => startAppendThread(options));
  return {
    ready: Promise.all(threads.map(({ ready }) => ready)).then(() => undefined),
    append(stream, events, expected) {
      const thread = threads[hashOf(stream) % count];
      if (thread === undefined) throw new RangeError('there is no thread to append');
      return thread.append(stream, events, expected);
    },
    async close() {
      await Promise.all(threads.map((thread) => thread.close()));
    },
  };
}
