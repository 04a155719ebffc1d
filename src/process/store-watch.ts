import type { Logger } from '../shared/logger.ts';
import type { ReadModel } from '../read-model/read-model.ts';
import type { EventStore } from '../event-store/event-store.ts';

/** What is known of stores that other processes write too. */
export interface StoreWatch {
  /** Position that the read model has reached, as last seen. */
  readonly projected: number;
  /** What the read model must reach again where it went back: the greatest position that it was seen at. */
  readonly reached: number;
  /** Newest position of the log, as last seen. */
  readonly logPosition: number;
  /** Why a store gives no answer, or one that cannot be relied on; undefined while it does. */
  readonly logFault: string | undefined;
  readonly readModelFault: string | undefined;
  stop(): void;
}

interface Look {
  readonly position: number;
  readonly fault?: string | undefined;
}

export interface StoreWatchOptions {
  readonly store: Pick<EventStore, 'lastPosition'>;
  readonly readModel: Pick<ReadModel, 'checkpoint' | 'fault'>;
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
    reached: 0,
    logPosition: await store.lastPosition(),
    logFault: undefined as string | undefined,
    readModelFault: undefined as string | undefined,
  };

  const lookAtLog = createLooker(logger, {
    name: 'event store',
    ask: async () => ({ position: await store.lastPosition() }),
    seen(position, fault) {
      watch.logPosition = position ?? watch.logPosition;
      watch.logFault = fault;
    },
  });
  const lookAtReadModel = createLooker(logger, {
    name: 'read model',
    ask: async () => ({ position: await readModel.checkpoint(), fault: await readModel.fault() }),
    seen(position, fault) {
      watch.projected = position ?? watch.projected;
      watch.reached = Math.max(watch.reached, watch.projected);
      watch.readModelFault = fault;
    },
  });
  const timer = setInterval(() => {
    void Promise.all([lookAtLog(), lookAtReadModel()]).then(() => onLook(watch));
  }, lookEvery);
  onLook(watch);

  return {
    get projected() {
      return watch.projected;
    },
    get reached() {
      return watch.reached;
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

interface Looked {
  readonly name: string;
  readonly ask: () => Promise<Look>;
  /** Without a position there was no answer. */
  readonly seen: (position?: number, fault?: string) => void;
}

/** Asks one store, not again before it has answered, and tells when it stops and begins to be well. */
function createLooker(logger: Logger, { name, ask, seen }: Looked): () => Promise<void> {
  let asking = false;
  let wasWell = true;
  return async () => {
    if (asking) return;
    asking = true;
    try {
      const { position, fault } = await ask();
      seen(position, fault);
      if (fault !== undefined && wasWell) logger.error({ component: name, reason: fault }, 'cannot be relied on');
      else if (fault === undefined && !wasWell) logger.info({ component: name }, 'back');
      wasWell = fault === undefined;
    } catch (error) {
      seen(undefined, error instanceof Error ? error.message : String(error));
      if (wasWell) logger.error({ component: name, error }, 'out of reach');
      wasWell = false;
    }
    asking = false;
  };
}
