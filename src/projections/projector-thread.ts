import { Worker } from 'node:worker_threads';
import { noProgress, readModelName } from './consumer.ts';
import type { ConsumerProgress, ConsumerState } from './consumer.ts';
import type { ProjectorReport, ProjectorWorkerData } from './projector-protocol.ts';
import { watchLoop } from '../shared/threads.ts';
import { workerUrl } from '../shared/worker-url.ts';

export interface ProjectorThreadOptions extends ProjectorWorkerData {
  /** At every change of state of a consumer; for a state that lasts, once. */
  readonly onState?: (consumer: string, state: ConsumerState) => void;
  /** At most ten times a second for each consumer. */
  readonly onProgress?: (consumer: string, progress: ConsumerProgress) => void;
  /** What runs in the thread, and the consumers that it runs. Default: the read model's. */
  readonly program?: { readonly url: URL; readonly consumers: readonly string[] };
}

/** A consumer as last reported, up to a tenth of a second ago. */
export interface ConsumerStatus {
  /** `failed` also where the thread ended by itself. */
  readonly state: ConsumerState;
  readonly progress: ConsumerProgress;
}

/** The projector's thread, seen from the thread that started it. */
export interface ProjectorThread {
  /** Every consumer that runs in it, by name. */
  readonly consumers: ReadonlyMap<string, ConsumerStatus>;
  /** Finishes the batches in hand, closes what is open and resolves once the thread is gone. Never rejects. */
  stop(): Promise<void>;
}

/** Starts a projector in a thread of its own. An embedded log must be open for writing in this process. */
export function startProjectorThread(options: ProjectorThreadOptions): ProjectorThread {
  const { log, readModel, partition, signal, logLevel, onState, onProgress, program = ownProgram() } = options;
  const workerData: ProjectorWorkerData = { log, readModel, partition, signal, logLevel };
  const worker = new Worker(program.url, { workerData });
  watchLoop('projector', worker);
  const starting: ConsumerStatus = { state: { kind: 'starting' }, progress: noProgress };
  const consumers = new Map(program.consumers.map((name) => [name, starting]));
  let stopping = false;

  function become(name: string, state: ConsumerState): void {
    consumers.set(name, { ...(consumers.get(name) ?? starting), state });
    onState?.(name, state);
  }

  /** What ends the thread ends every consumer that has not failed by itself. */
  function failAll(reason: string): void {
    for (const [name, { state }] of consumers) if (state.kind !== 'failed') become(name, { kind: 'failed', reason });
  }

  worker.on('message', (report: ProjectorReport) => {
    const { consumer } = report;
    if (report.kind === 'state') {
      become(consumer, report.state);
    } else {
      consumers.set(consumer, { ...(consumers.get(consumer) ?? starting), progress: report.progress });
      onProgress?.(consumer, report.progress);
    }
  });
  worker.on('error', (error) => failAll(error.message));
  const gone = new Promise<void>((resolve) => {
    worker.once('exit', () => {
      if (!stopping) failAll('the projector ended by itself');
      resolve();
    });
  });

  return {
    consumers,
    stop() {
      stopping = true;
      worker.postMessage('stop');
      return gone;
    },
  };
}

function ownProgram() {
  return { url: workerUrl('projector-worker', import.meta.url), consumers: [readModelName] };
}
