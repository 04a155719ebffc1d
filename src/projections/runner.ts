import { setTimeout as delay } from 'node:timers/promises';
import { OperatorError } from '../shared/errors.ts';
import type { EventStore } from '../event-store/event-store.ts';
import { identityOf, landmarkOf } from '../event-store/log-identity.ts';
import type { Partition } from '../shared/config.ts';
import type { Logger } from '../shared/logger.ts';
import { LeaseHeldError } from '../read-model/lease.ts';
import type { Lease } from '../read-model/lease.ts';
import type { AppliedSpan } from '../read-model/read-model.ts';
import { backOff as doubled } from '../shared/back-off.ts';
import { batchesOf, restAfter } from './batches.ts';
import type { Batch } from './batches.ts';
import { assertOfLog } from './checkpoint.ts';
import { ConsumerMovedError } from './consumer.ts';
import type { Consumer } from './consumer.ts';
import { watchPlace } from './place-watch.ts';
import { createReport, reasonOf, standBy } from './report.ts';
import type { Listeners, Report } from './report.ts';
import { isAborted } from '../shared/abort.ts';

export interface RunOptions extends Listeners {
  readonly store: EventStore;
  readonly consumer: Consumer;
  /** To be held while the consumer is given anything. Default none: nobody else runs it. */
  readonly lease?: Lease | undefined;
  /** The consumer's share of the streams, default all: events of others are passed over. */
  readonly partition?: Partition;
  /** Ends the run after the batch in hand. */
  readonly signal: AbortSignal;
  readonly log: Logger;
  /** Milliseconds to wait after so many failures in a row. Default: 100 doubled each time up to 5,000, with jitter. */
  readonly backOff?: (failures: number) => number;
}

/** Milliseconds between two attempts to take a share that somebody else holds. */
const standbyEvery = 1_000;
/** Milliseconds to wait after a failure, and after many in a row. */
export const backOffLimits = { first: 100, most: 5_000 };
const whole: Partition = { index: 1, count: 1 };

/** Failures since something was applied. */
interface InARow {
  failures: number;
}

/**
 * Gives the log to a consumer, batch by batch, until the signal aborts or a failure is one that an operator must mend
 * (`OperatorError`, state `failed`); then gives the lease back and resolves. Whatever else fails is tried again for as
 * long as it takes: what a store refuses now, it may take later. Never throws, never skips an event.
 */
export async function runConsumer(options: RunOptions): Promise<void> {
  const { consumer, lease, signal, backOff = (failures: number) => doubled(failures, backOffLimits) } = options;
  const log = options.log.child({ component: 'projector', consumer: consumer.name });
  const report = createReport(options);
  const inARow: InARow = { failures: 0 };
  const pause = (ms: number): Promise<void> => delay(ms, undefined, { signal }).catch(() => undefined);

  while (!signal.aborted && report.state.kind !== 'failed') {
    try {
      await followUntilMoved(options, report, inARow);
    } catch (error) {
      if (isAborted(signal)) break;
      if (error instanceof LeaseHeldError) {
        standBy(report, log, error.message);
        await pause(standbyEvery);
        continue;
      }
      tellFailure(error, { report, log, inARow });
      if (report.state.kind === 'retrying') await pause(backOff(inARow.failures));
    }
  }
  await lease?.release();
}

interface Teller {
  readonly report: Report;
  readonly log: Logger;
  readonly inARow: InARow;
}

function tellFailure(error: unknown, { report, log, inARow }: Teller): void {
  inARow.failures += 1;
  report.failed();
  const { position } = report.progress;
  const reason = reasonOf(error);
  if (error instanceof OperatorError) {
    log.fatal({ position, error }, 'consumer failed for good');
    report.become({ kind: 'failed', reason });
  } else {
    log.error({ position, error }, 'consumer failed, will try again');
    report.become({ kind: 'retrying', reason });
  }
}

/** Returns when the signal aborts, or when the consumer is elsewhere than it was brought to: begin again then. */
async function followUntilMoved(options: RunOptions, report: Report, inARow: InARow): Promise<void> {
  const { store, consumer, lease, signal, partition = whole } = options;
  await lease?.acquire();
  await assertOfLog(store, consumer);
  let { position } = await consumer.place();
  const spanOf = createSpans(store);
  report.startedAt(position);

  const watch = watchPlace({ consumer, lease, position: () => position });
  const either = AbortSignal.any([signal, watch.moved]);
  try {
    const subscription = store.subscribeToAll({ after: position, prefixes: consumer.prefixes, signal: either });
    for await (const batch of batchesOf(subscription, position, partition)) {
      const begun = performance.now();
      const moves = batch.position > position;
      const { unknown, foreign } = moves ? await consumer.apply(batch.events, await spanOf(position, batch)) : nothing;
      position = batch.position;
      inARow.failures = 0;
      report.applied({ position, events: batch.events.length, unknown, foreign });
      report.become({ kind: batch.caughtUp ? 'live' : 'catching-up' });
      if (!batch.caughtUp || !moves) continue;
      const took = performance.now() - begun;
      await delay(restAfter(took), undefined, { signal: either }).catch(() => undefined);
    }
  } catch (error) {
    if (!(error instanceof ConsumerMovedError)) throw error;
  } finally {
    watch.stop();
  }
}

const nothing = { unknown: 0, foreign: 0 };

/** The span of a batch, with what its log is recognised by. */
function createSpans(store: EventStore): (after: number, batch: Batch) => Promise<AppliedSpan> {
  let log: string | undefined;
  return async (after, { position, newest }) => {
    log ??= (await identityOf(store))?.log;
    return { after, position, landmark: newest && landmarkOf(newest, log) };
  };
}
