import type { Logger } from '../shared/logger.ts';
import type { ReadModelQueries } from '../read-model/read-model.ts';
import type { EventStore } from '../event-store/event-store.ts';

/** What is known of stores that other processes write too. */
export interface StoreWatch {
  /** Position that the read model has reached, as last seen. */
  readonly projected: number;
  /** Newest position of the log, as last seen. */
  readonly logPosition: number;
  /** Why a store gives no answer; undefined while it does. */
  readonly logFault: string | undefined;
  readonly readModelFault: string | undefined;
  stop(): void;
}

export interface StoreWatchOptions {
  readonly store: Pick<EventStore, 'lastPosition'>;
  readonly readModel: Pick<ReadModelQueries, 'checkpoint'>;
  readonly logger: Logger;
  onLook(positions: { readonly projected: number; readonly logPosition: number }): void;
}

/** Milliseconds between two looks. */
const lookEvery = 500;

/** Looks at both stores twice a second: what `/readyz` and the metrics tell of them. */
export async function watchStores(options: StoreWatchOptions): Promise<StoreWatch> {
  const { store, readModel, logger, onLook } = options;
  const watch = {
    projected: await readModel.checkpoint(),
    logPosition: await store.lastPosition(),
    logFault: undefined as string | undefined,
    readModelFault: undefined as string | undefined,
  };

  function looker(ask: () => Promise<number>, name: string, seen: (position?: number, fault?: string) => void) {
    let asking = false;
    let wasWell = true;
    return async (): Promise<void> => {
      if (asking) return;
      asking = true;
      try {
        seen(await ask());
        if (!wasWell) logger.info({ component: name }, 'back');
        wasWell = true;
      } catch (error) {
        const fault = error instanceof Error ? error.message : String(error);
        seen(undefined, fault);
        if (wasWell) logger.error({ component: name, error }, 'out of reach');
        wasWell = false;
      }
      asking = false;
    };
  }

  const lookAtLog = looker(store.lastPosition, 'event store', (position, fault) => {
    watch.logPosition = position ?? watch.logPosition;
    watch.logFault = fault;
  });
  const lookAtReadModel = looker(readModel.checkpoint, 'read model', (position, fault) => {
    watch.projected = position ?? watch.projected;
    watch.readModelFault = fault;
  });
  const timer = setInterval(() => {
    void Promise.all([lookAtLog(), lookAtReadModel()]).then(() => onLook(watch));
  }, lookEvery);
  onLook(watch);

  return {
    get projected() {
      return watch.projected;
    },
    get logPosition() {
      return watch.logPosition;
    },
    get logFault() {
      return watch.logFault;
    },
    get readModelFault() {
      return watch.readModelFault;
    },
    stop: () => clearInterval(timer),
  };
}
