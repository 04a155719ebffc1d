import type { Lease } from '../read-model/lease.ts';
import type { Consumer } from './consumer.ts';

export interface WatchedPlace {
  readonly consumer: Pick<Consumer, 'place'>;
  readonly lease: Pick<Lease, 'held'> | undefined;
  /** Where the consumer has been brought to. */
  position(): number;
}

export interface PlaceWatch {
  /** Aborts once the place is not the one that was reached any more. */
  readonly moved: AbortSignal;
  stop(): void;
}

/** Milliseconds between two looks, while nothing happens too. */
const lookEvery = 1_000;

/**
 * Looks whether the checkpoint went back, as another generation of a read model is in use, or cannot be read, and
 * whether the lease was lost.
 */
export function watchPlace({ consumer, lease, position }: WatchedPlace): PlaceWatch {
  const moved = new AbortController();
  const look = (): void => {
    if (lease !== undefined && !lease.held()) moved.abort();
    consumer.place().then(
      (place) => place.position < position() && moved.abort(),
      () => moved.abort(),
    );
  };
  const timer = setInterval(look, lookEvery);
  return { moved: moved.signal, stop: () => clearInterval(timer) };
}
