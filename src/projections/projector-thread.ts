import { Worker } from 'node:worker_threads';
import type { ProjectorReport, ProjectorWorkerData } from './projector-protocol.ts';
import type { ProjectorProgress, ProjectorState } from './runner.ts';
import { workerUrl } from '../shared/worker-url.ts';

export interface ProjectorThreadOptions extends ProjectorWorkerData {
  /** At every change of state; for a state that lasts, once. */
  readonly onState?: (state: ProjectorState) => void;
  /** At most ten times a second. */
  readonly onProgress?: (progress: ProjectorProgress) => void;
}

/** The projector's thread, seen from the thread that started it. */
export interface ProjectorThread {
  /** As last reported; `failed` also where the thread ended by itself. */
  readonly state: ProjectorState;
  /** As last reported, up to a tenth of a second ago. */
  readonly progress: ProjectorProgress;
  /** Finishes the batch in hand, closes what is open and resolves once the thread is gone. Never rejects. */
  stop(): Promise<void>;
}

/** Starts a projector in a thread of its own. An embedded log must be open for writing in this process. */
export function startProjectorThread(options: ProjectorThreadOptions): ProjectorThread {
  const { log, readModel, partition, signal, logLevel, onState, onProgress } = options;
  const workerData: ProjectorWorkerData = { log, readModel, partition, signal, logLevel };
  const worker = new Worker(workerUrl('projector-worker', import.meta.url), { workerData });
  let state: ProjectorState = { kind: 'starting' };
  let progress: ProjectorProgress = { position: 0, events: 0, unknown: 0, failures: 0 };
  let stopping = false;

  function become(next: ProjectorState): void {
    state = next;
    onState?.(next);
  }

  worker.on('message', (report: ProjectorReport) => {
    if (report.kind === 'state') {
      become(report.state);
    } else {
      progress = report.progress;
      onProgress?.(progress);
    }
  });
  worker.on('error', (error) => become({ kind: 'failed', reason: error.message }));
  const gone = new Promise<void>((resolve) => {
    worker.once('exit', () => {
      if (!stopping && state.kind !== 'failed') become({ kind: 'failed', reason: 'the projector ended by itself' });
      resolve();
    });
  });

  return {
    get state() {
      return state;
    },
    get progress() {
      return progress;
    },
    stop() {
      stopping = true;
      worker.postMessage('stop');
      return gone;
    },
  };
}
