import type { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { AccessDeniedError, StreamDeletedError, StreamNotFoundError } from '@eventstore/db-client';
import { EventStoreUnavailableError } from '../event-store.ts';
import type { Link } from './links.ts';

/** A finite read of db-client, or of gRPC itself. */
type FiniteRead = Readable & { cancel(): unknown };

export interface CollectOptions {
  readonly withinMs: number;
  /** Reads no further once it has so many. */
  readonly most: number;
}

/**
 * What a finite read brings; nothing where its stream does not exist. Throws `EventStoreUnavailableError`. A transport
 * error, and silence of the server for the whole time, give up the link too.
 */
export async function collect<T>(
  link: Link,
  open: (link: Link) => FiniteRead | Promise<FiniteRead>,
  options: CollectOptions,
): Promise<T[]> {
  const { withinMs, most } = options;
  const askedAt = performance.now();
  const found: T[] = [];
  let read: FiniteRead | undefined;
  let timer: NodeJS.Timeout | undefined;
  let onLost: (() => void) | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      onLost = () => reject(link.lost.reason as Error);
      link.lost.addEventListener('abort', onLost);
      // After what is there already: a busy process sees its timers before what came over the network meanwhile.
      const expire = (): void => void turn().then(() => reject(new TimeoutError(withinMs)));
      timer = setTimeout(expire, withinMs);
      Promise.resolve(open(link)).then((opened) => {
        read = opened;
        opened.on('data', (item: T) => {
          link.heardAt = performance.now();
          if (found.length < most) found.push(item);
          if (found.length === most) resolve();
        });
        opened.on('end', resolve);
        opened.on('error', reject);
      }, reject);
    });
    return found;
  } catch (error) {
    if (error instanceof StreamNotFoundError || error instanceof StreamDeletedError) return [];
    if (error instanceof EventStoreUnavailableError) throw error;
    const silent = error instanceof TimeoutError ? link.heardAt < askedAt : !(error instanceof AccessDeniedError);
    if (silent) link.drop(error as Error);
    throw new EventStoreUnavailableError(`the event store cannot be read: ${(error as Error).message}`, {
      cause: error,
    });
  } finally {
    clearTimeout(timer);
    if (onLost !== undefined) link.lost.removeEventListener('abort', onLost);
    void Promise.resolve(read?.cancel()).catch(() => undefined);
  }
}

class TimeoutError extends Error {
  constructor(withinMs: number) {
    super(`no answer within ${withinMs} ms`);
  }
}
