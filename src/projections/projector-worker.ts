import { setTimeout as delay } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import type { EventStore } from '../event-store/event-store.ts';
import { followEventStore } from '../event-store/follow-event-store.ts';
import { createLogger } from '../shared/logger.ts';
import { openReadModel } from '../read-model/open-read-model.ts';
import { backOff } from '../shared/back-off.ts';
import type { ProjectorReport, ProjectorWorkerData } from './projector-protocol.ts';
import { backOffLimits, runProjector } from './runner.ts';
import type { ProjectorProgress } from './runner.ts';

/** The thread that applies the log to the read model, so that no socket waits for it. */

/** Milliseconds between two reports of progress. */
const reportEvery = 100;

const port = parentPort;
if (port === null) throw new Error('projector-worker runs in a worker thread');
const report = (message: ProjectorReport): void => port.postMessage(message);
const { log: logSettings, readModel: settings, partition, signal, logLevel } = workerData as ProjectorWorkerData;
const log = createLogger(logLevel).child({ component: 'projector' });
const stopping = new AbortController();
port.once('message', () => stopping.abort());

let progress: ProjectorProgress | undefined;
let timer: NodeJS.Timeout | undefined;

function reportProgress(): void {
  timer = undefined;
  if (progress !== undefined) report({ kind: 'progress', progress });
  progress = undefined;
}

/** An event store was there a moment ago, when the process started: it is waited for. An embedded log is there or never. */
async function openLog(): Promise<EventStore> {
  for (let failures = 1; ; failures += 1) {
    try {
      return await followEventStore(logSettings, signal);
    } catch (error) {
      if (logSettings.kind === 'embedded' || stopping.signal.aborted) throw error;
      log.error({ error }, 'the event store cannot be opened, will try again');
      report({
        kind: 'state',
        state: { kind: 'retrying', reason: error instanceof Error ? error.message : String(error) },
      });
      await delay(backOff(failures, backOffLimits), undefined, { signal: stopping.signal });
    }
  }
}

async function run(): Promise<void> {
  const store = await openLog();
  const readModel = await openReadModel({ settings, mode: 'write', partition, lazy: true, log });
  await runProjector({
    store,
    readModel,
    partition,
    signal: stopping.signal,
    log,
    onState: (state) => report({ kind: 'state', state }),
    onProgress(now) {
      progress = now;
      timer ??= setTimeout(reportProgress, reportEvery);
    },
  });
  clearTimeout(timer);
  reportProgress();
  await readModel.close();
  await store.close();
}

try {
  await run();
} catch (error) {
  if (!stopping.signal.aborted) log.fatal({ error }, 'projector ended');
  report({ kind: 'state', state: { kind: 'failed', reason: error instanceof Error ? error.message : String(error) } });
} finally {
  port.close();
}
