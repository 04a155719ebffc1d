import type { EventStore } from '../event-store/event-store.ts';
import type { Lease } from '../read-model/lease.ts';
import type { Partition } from '../shared/config.ts';
import type { Logger } from '../shared/logger.ts';
import type { Consumer, ConsumerProgress, ConsumerState } from './consumer.ts';
import { reasonOf } from './report.ts';
import { runConsumer } from './runner.ts';

/** A consumer that is open, and the lease that it runs under where there is one. */
export interface OpenConsumer {
  readonly consumer: Consumer;
  readonly lease?: Lease | undefined;
}

/** A consumer to be run. */
export interface ConsumerPlan {
  readonly name: string;
  /** `store`: the log that it will be given. */
  open(store: EventStore): Promise<OpenConsumer>;
}

export interface RunAllOptions {
  readonly store: EventStore;
  readonly plans: readonly ConsumerPlan[];
  readonly partition: Partition;
  /** Ends all of them, each after the batch in hand. */
  readonly signal: AbortSignal;
  readonly log: Logger;
  readonly onState: (name: string, state: ConsumerState) => void;
  readonly onProgress: (name: string, progress: ConsumerProgress) => void;
}

/**
 * Runs consumers of one log side by side, each from its own checkpoint and with its own failures: one that fails or
 * stands by keeps no other from going on. Resolves when all have ended and are closed. Never throws.
 */
export async function runConsumers({ plans, ...options }: RunAllOptions): Promise<void> {
  await Promise.all(plans.map((plan) => runOne(plan, options)));
}

async function runOne({ name, open }: ConsumerPlan, options: Omit<RunAllOptions, 'plans'>): Promise<void> {
  const { log, onState, onProgress } = options;
  try {
    const { consumer, lease } = await open(options.store);
    try {
      await runConsumer({
        ...options,
        consumer,
        lease,
        onState: (state) => onState(name, state),
        onProgress: (progress) => onProgress(name, progress),
      });
    } finally {
      await consumer.close();
    }
  } catch (error) {
    log.fatal({ consumer: name, error }, 'consumer ended');
    onState(name, { kind: 'failed', reason: reasonOf(error) });
  }
}
