import type { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { EventStoreUnavailableError } from '../event-store.ts';
import type { Link } from './links.ts';
import { exceptionOf, isRefusal } from './rpc-error.ts';
import { isAborted } from '../../shared/abort.ts';
import { watchLink } from './watch.ts';

/** What an endless call brings, taken when its reader has time: beyond `most` it waits at the server. */
export interface Inbox<T> {
  /** What is there, in order, at most `most`; `more`: something is waiting already. */
  take(): { readonly items: readonly T[]; readonly more: boolean };
  /**
   * Resolves when something may have come; false: it was told to end. Throws `EventStoreUnavailableError` where the
   * call is lost.
   */
  wait(): Promise<boolean>;
  end(): void;
}

/** A call of gRPC. It ends by an error event and nothing else: no end, no close, not even `destroyed`. */
export type EndlessCall = Readable & { cancel(): void };

/** Milliseconds that the server may take for its first word, which confirms a subscription. */
const confirmWithin = 5_000;

export interface InboxOptions {
  readonly link: Link;
  readonly signal: AbortSignal;
  readonly most: number;
}

export function createInbox<T>(open: () => Promise<EndlessCall>, { link, signal, most }: InboxOptions): Inbox<T> {
  let call: EndlessCall | undefined;
  let failure: Error | undefined;
  let items: T[] = [];
  let awake = false;
  let ended = false;
  let wakeUp: (() => void) | undefined;

  function wake(): void {
    awake = true;
    wakeUp?.();
  }

  function fail(error: Error): void {
    if (ended) return;
    failure ??= lossOf(link, error);
    wake();
  }

  const late = new Error(`the subscription was not confirmed within ${confirmWithin} ms`);
  const unconfirmed = setTimeout(() => fail(late), confirmWithin);
  const unwatch = watchLink(link);
  const onLost = (): void => fail(link.lost.reason as Error);
  link.lost.addEventListener('abort', onLost);
  signal.addEventListener('abort', wake);
  open().then((opened) => {
    call = opened;
    opened.on('error', fail);
    opened.on('end', () => fail(new Error('the server ended it')));
    opened.on('data', (item: T) => {
      items.push(item);
      if (items.length >= most) opened.pause();
      link.heardAt = performance.now();
      clearTimeout(unconfirmed);
      wake();
    });
    if (ended) opened.cancel();
  }, fail);

  return {
    take() {
      const taken = { items, more: (call?.readableLength ?? 0) > 0 };
      items = [];
      awake = false;
      if (call?.isPaused() === true) call.resume();
      return taken;
    },

    async wait() {
      if (signal.aborted) return false;
      if (failure !== undefined && items.length === 0) throw failure;
      if (!awake) await new Promise<void>((resolve) => (wakeUp = resolve));
      // What came in one read of the socket is then taken as one.
      await turn();
      return !isAborted(signal);
    },

    end() {
      ended = true;
      unwatch();
      clearTimeout(unconfirmed);
      link.lost.removeEventListener('abort', onLost);
      signal.removeEventListener('abort', wake);
      call?.cancel();
    },
  };
}

/** What its reader is told. A broken connection is broken for everybody, so the link is dropped with it. */
function lossOf(link: Link, error: Error): EventStoreUnavailableError {
  if (error instanceof EventStoreUnavailableError) return error;
  // What is wrong with this call alone has a name, or is a refusal.
  if (exceptionOf(error) === undefined && !isRefusal(error)) link.drop(error);
  return new EventStoreUnavailableError(`the subscription was lost: ${error.message}`, { cause: error });
}
