import { setTimeout as delay } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import type { EventStore } from '../event-store/event-store.ts';
import { followEventStore } from '../event-store/follow-event-store.ts';
import { backOff } from '../shared/back-off.ts';
import { createLogger } from '../shared/logger.ts';
import type { Logger } from '../shared/logger.ts';
import type { ConsumerProgress } from './consumer.ts';
import { runConsumers } from './consumers.ts';
import type { ConsumerPlan } from './consumers.ts';
import type { ProjectorReport, ProjectorWorkerData } from './projector-protocol.ts';
import { reasonOf } from './report.ts';
import { backOffLimits } from './runner.ts';

/** The consumers of a thread, by what the thread was started with. */
export type PlansOf = (data: ProjectorWorkerData, log: Logger) => readonly ConsumerPlan[];

/** Runs consumers of the log in the thread that calls it, until that thread is told to end. */
export async function hostConsumers(plansOf: PlansOf): Promise<void> {
  const port = parentPort;
  if (port === null) throw new Error('consumers are run in a worker thread');
  const data = workerData as ProjectorWorkerData;
  const log = createLogger(data.logLevel).child({ component: 'projector' });
  const stopping = new AbortController();
  port.once('message', () => stopping.abort());
  const report = (message: ProjectorReport): void => port.postMessage(message);
  const plans = plansOf(data, log);
  const tellAll = (kind: 'retrying' | 'failed', reason: string): void => {
    for (const { name } of plans) report({ kind: 'state', consumer: name, state: { kind, reason } });
  };
  const progress = progressReports(port);
  try {
    const opening = { log, signal: stopping.signal, onFailure: (reason: string) => tellAll('retrying', reason) };
    const store = await openLog(data, opening);
    await runConsumers({
      store,
      plans,
      partition: data.partition,
      signal: stopping.signal,
      log,
      onState: (consumer, state) => report({ kind: 'state', consumer, state }),
      onProgress: progress.tell,
    });
    progress.flush();
    await store.close();
  } catch (error) {
    if (!stopping.signal.aborted) {
      log.fatal({ error }, 'projector ended');
      tellAll('failed', reasonOf(error));
    }
  } finally {
    port.close();
  }
}

interface Opening {
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly onFailure: (reason: string) => void;
}

/** An event store was there a moment ago, when the process started: it is waited for. An embedded log is there or never. */
async function openLog(
  { log: settings, signal: commits }: ProjectorWorkerData,
  { log, signal, onFailure }: Opening,
): Promise<EventStore> {
  for (let failures = 1; ; failures += 1) {
    try {
      return await followEventStore(settings, commits);
    } catch (error) {
      if (settings.kind === 'embedded' || signal.aborted) throw error;
      log.error({ error }, 'the event store cannot be opened, will try again');
      onFailure(reasonOf(error));
      await delay(backOff(failures, backOffLimits), undefined, { signal });
    }
  }
}

/** Milliseconds between two reports of progress. */
const reportEvery = 100;

/** Tells the newest progress of each consumer, not more often than that. */
function progressReports(port: MessagePort) {
  const waiting = new Map<string, ConsumerProgress>();
  let timer: NodeJS.Timeout | undefined;

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    for (const [consumer, progress] of waiting) {
      port.postMessage({ kind: 'progress', consumer, progress } satisfies ProjectorReport);
    }
    waiting.clear();
  }

  return {
    tell(consumer: string, progress: ConsumerProgress): void {
      waiting.set(consumer, progress);
      timer ??= setTimeout(flush, reportEvery);
    },
    flush,
  };
}
