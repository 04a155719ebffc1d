import type { PageOptions } from './client.ts';
import type { Message } from './options.ts';

type Page = readonly Message[];

/**
 * Page after page, until one is empty. Not a generator: `return` and the signal end a `next` that waits, which a
 * generator would first let finish.
 */
export function createHistory(
  load: (options: PageOptions) => Promise<Page>,
  { signal, ...first }: PageOptions,
): AsyncIterableIterator<Page> {
  const stop = new AbortController();
  const over: IteratorReturnResult<undefined> = { done: true, value: undefined };
  let options: PageOptions = first;
  let last: Promise<unknown> = Promise.resolve();

  const end = (): void => {
    signal?.removeEventListener('abort', end);
    stop.abort();
  };
  const isOver = (): boolean => stop.signal.aborted;
  if (signal?.aborted === true) end();
  signal?.addEventListener('abort', end);

  async function step(): Promise<IteratorResult<Page, undefined>> {
    if (isOver()) return over;
    const ended = new Promise<undefined>((resolve) => {
      stop.signal.addEventListener('abort', () => resolve(undefined), { once: true });
    });
    try {
      const page = await Promise.race([load({ ...options, signal: stop.signal }), ended]);
      const edge = page?.at(-1)?.seq;
      if (page === undefined || edge === undefined) {
        end();
        return over;
      }
      options = { ...options, [options.after === undefined ? 'before' : 'after']: edge };
      return { done: false, value: page };
    } catch (error) {
      if (isOver()) return over;
      // As a generator: what threw is over.
      end();
      throw error;
    }
  }

  return {
    next() {
      // One after the other, also where several are asked for at once.
      const page = last.then(step);
      last = page.catch(() => undefined);
      return page;
    },
    return() {
      end();
      return Promise.resolve(over);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
