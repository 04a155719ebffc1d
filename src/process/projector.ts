import type { Config } from '../shared/config.ts';
import type { Logger } from '../shared/logger.ts';
import type { Metrics } from '../shared/metrics.ts';
import { noProgress, readModelName } from '../projections/consumer.ts';
import type { ConsumerProgress } from '../projections/consumer.ts';
import { startProjectorThread } from '../projections/projector-thread.ts';
import type { ProjectorThread } from '../projections/projector-thread.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { StoreWatch } from './store-watch.ts';

export interface ProjectorDeps {
  readonly config: Config;
  readonly logger: Logger;
  readonly lifecycle: Lifecycle;
  readonly metrics: Metrics;
  /** Raised at every commit of an embedded log. */
  readonly signal: SharedArrayBuffer | undefined;
  /** Where a store is not embedded. */
  readonly watch: StoreWatch | undefined;
}

/** The projector's thread, closed by `lifecycle`. */
export function startProjector(deps: ProjectorDeps): ProjectorThread {
  const { config, logger, lifecycle, metrics, signal, watch } = deps;
  const projector = startProjectorThread({
    log: config.log,
    readModel: config.readModel,
    partition: config.partition,
    signal,
    logLevel: config.logLevel,
    onState(consumer, state) {
      logger[state.kind === 'failed' ? 'error' : 'debug']({ component: 'projector', consumer, state }, 'state');
    },
    onProgress: progressCounter(metrics, { isWatched: watch !== undefined }),
  });
  lifecycle.defer('projector', () => projector.stop());
  return projector;
}

/**
 * Puts the progress of each consumer into the metrics under its name. `isWatched`: several processes may project, and
 * the watch of the stores tells how far all of them have brought the read model.
 */
export function progressCounter(
  metrics: Metrics,
  { isWatched }: { readonly isWatched: boolean },
): (consumer: string, progress: ConsumerProgress) => void {
  const counted = new Map<string, ConsumerProgress>();
  return (consumer, progress) => {
    const before = counted.get(consumer) ?? noProgress;
    counted.set(consumer, progress);
    if (!isWatched || consumer !== readModelName) metrics.projectionPosition.set({ consumer }, progress.position);
    metrics.projectionEvents.inc({ consumer }, progress.events - before.events);
    metrics.projectionUnknown.inc({ consumer }, progress.unknown - before.unknown);
    metrics.projectionForeign.inc({ consumer }, progress.foreign - before.foreign);
    metrics.projectionFailures.inc({ consumer }, progress.failures - before.failures);
  };
}
