import type { EventStore } from '../event-store/event-store.ts';
import type { MongoConstruction } from '../read-model/mongodb/construction.ts';
import type { BuildProgress, Counts } from './build.ts';
import { foldRange } from './stretches.ts';

/** A read model being built from the log in collections beside those in use. */
export interface MongoBuild {
  readonly store: EventStore;
  readonly construction: MongoConstruction;
  /** Ends it early: its reason is thrown. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: BuildProgress) => void) | undefined;
}

/** Builds on, from where it is. */
export interface MongoFiller {
  /** What is built holds the log up to here. */
  readonly position: number;
  readonly counts: Counts;
  /** Builds everything up to a position; one that it has reached changes nothing. */
  goOnTo(upTo: number): Promise<void>;
}

export function createMongoFiller({ store, construction, signal, onProgress }: MongoBuild): MongoFiller {
  const counts = { events: 0, unknown: 0 };
  let position = 0;
  return {
    get position() {
      return position;
    },
    counts,
    async goOnTo(upTo) {
      if (upTo <= position) return;
      for await (const { batch, span, events, unknown } of foldRange(store, { after: position, upTo }, signal)) {
        await construction.built.write(batch);
        counts.events += events;
        counts.unknown += unknown;
        position = span.position;
        onProgress?.({ position, upTo });
      }
      signal?.throwIfAborted();
      position = upTo;
    },
  };
}
