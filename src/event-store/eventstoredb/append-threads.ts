import { startAppendThread } from './append-thread.ts';
import type { AppendThread, AppendThreadOptions } from './append-thread.ts';

/** Several threads that append. A stream always goes to the same one, so its appends keep their order. */
export function startAppendThreads({ count, ...options }: AppendThreadOptions & { count: number }): AppendThread {
  const threads = Array.from({ length: count }, () => startAppendThread(options));
  return {
    ready: Promise.all(threads.map(({ ready }) => ready)).then(() => undefined),
    append(stream, events, expected) {
      const thread = threads[hash(stream) % count];
      if (thread === undefined) throw new RangeError('there is no thread to append');
      return thread.append(stream, events, expected);
    },
    async close() {
      await Promise.all(threads.map((thread) => thread.close()));
    },
  };
}

/** FNV-1a over the UTF-16 units. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  return value >>> 0;
}
