import { parentPort, workerData } from 'node:worker_threads';
import { followEmbeddedLog } from '../event-store/embedded/follow.ts';
import { createLogger } from '../logger.ts';
import { openReadModel } from '../read-model/open.ts';
import type { ProjectorReport, ProjectorWorkerData } from './projector-protocol.ts';
import { runProjector } from './runner.ts';
import type { ProjectorProgress } from './runner.ts';

/** The thread that applies the log to the read model, so that no socket waits for it. */

/** Milliseconds between two reports of progress. */
const reportEvery = 100;

const port = parentPort;
if (port === null) throw new Error('projector-worker runs in a worker thread');
const report = (message: ProjectorReport): void => port.postMessage(message);
const { dataDir, mongodbUrl, signal, logLevel } = workerData as ProjectorWorkerData;
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

async function run(): Promise<void> {
  const store = followEmbeddedLog({ dataDir, signal });
  const readModel = await openReadModel({ dataDir, mongodbUrl, mode: 'write', lazy: true, log });
  await runProjector({
    store,
    readModel,
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
  log.fatal({ error }, 'projector ended');
  report({ kind: 'state', state: { kind: 'failed', reason: error instanceof Error ? error.message : String(error) } });
} finally {
  port.close();
}
