import { MessageChannel, Worker } from 'node:worker_threads';
import { OperatorError } from '../../shared/errors.ts';
import type { CheckpointReply, CheckpointRequest } from './checkpoint-worker.ts';
import type { CommitAppend, CommitOutcome, CommitReply, CommitRequest, CommitWorkerData } from './commit-protocol.ts';
import { watchLoop } from '../../shared/threads.ts';
import { workerUrl } from '../../shared/worker-url.ts';

export type CommitResult =
  | { readonly kind: 'committed'; readonly outcomes: readonly CommitOutcome[] }
  | { readonly kind: 'failed'; readonly reason: string };

/** The commit worker and the checkpoint worker, seen from the thread that appends. One commit at a time. */
export interface CommitThread {
  /** Positions when the log was opened: of the newest event, and of the newest of our own streams. */
  readonly lastPosition: number;
  readonly lastOwnPosition: number;
  commit(appends: readonly CommitAppend[]): void;
  close(): Promise<void>;
}

export interface CommitThreadOptions {
  readonly dataDir: string;
  /** Raised and notified after every commit. */
  readonly signal: SharedArrayBuffer;
  /** Read the whole file through in the background: after a crash. */
  readonly check: boolean;
  onResult(result: CommitResult): void;
  /** A thread is gone, or the file is damaged: nothing can be promised any more. */
  onFatal(error: Error): void;
  /** What runs in the thread that commits. */
  readonly program?: URL;
}

/** Starts the threads; rejects with `OperatorError` where the log cannot be opened. */
export async function startCommitThread(options: CommitThreadOptions): Promise<CommitThread> {
  const { dataDir, signal, check, onResult, onFatal, program = workerUrl('commit-worker', import.meta.url) } = options;
  const { port1: port, port2 } = new MessageChannel();
  const bell = new SharedArrayBuffer(4);
  const ring = new Int32Array(bell);
  const workerData: CommitWorkerData = { dataDir, signal, bell, port: port2 };
  const committer = new Worker(program, { workerData, transferList: [port2] });
  const committerGone = exitOf(committer);
  function send(request: CommitRequest): void {
    port.postMessage(request);
    Atomics.add(ring, 0, 1);
    Atomics.notify(ring, 0);
  }
  let checkpointDue: () => void = () => undefined;
  /** A thread has ended, for whatever reason and however quietly. */
  let lost: (error: Error) => void;

  const opened = await new Promise<Extract<CommitReply, { kind: 'opened' }>>((resolve, reject) => {
    lost = reject;
    watch(committer, (error) => lost(error));
    port.on('message', (reply: CommitReply) => {
      switch (reply.kind) {
        case 'opened':
          resolve(reply);
          break;
        case 'refused':
          port.close();
          lost(new OperatorError(reply.reason));
          break;
        case 'checkpoint-due':
          checkpointDue();
          break;
        default:
          onResult(reply);
      }
    });
  });
  lost = onFatal;

  const checkpointer = startCheckpointer(dataDir);
  const checkpointerGone = exitOf(checkpointer);
  watch(checkpointer, (error) => lost(error));
  checkpointer.on('message', (reply: CheckpointReply) => {
    if ('left' in reply) send({ kind: 'checkpointed', left: reply.left });
    else if (reply.faults.length > 0) onFatal(new OperatorError(`the log is damaged: ${reply.faults.join('; ')}`));
  });
  const ask = (request: CheckpointRequest): void => checkpointer.postMessage(request);
  checkpointDue = () => ask('checkpoint');
  if (check) ask('check');

  return {
    lastPosition: opened.lastPosition,
    lastOwnPosition: opened.lastOwnPosition,
    commit: (appends) => send({ kind: 'commit', appends }),
    async close() {
      lost = () => undefined;
      // Threads are asked to end, never terminated: inside a native call that would abort the whole process.
      ask('close');
      await checkpointerGone;
      send({ kind: 'close' });
      await committerGone;
      port.close();
    },
  };
}

function startCheckpointer(dataDir: string): Worker {
  const worker = new Worker(workerUrl('checkpoint-worker', import.meta.url), { workerData: { dataDir } });
  watchLoop('checkpoint', worker);
  return worker;
}

/** Tells of the end of a thread, after its last words, which come another way. */
function watch(worker: Worker, onEnd: (error: Error) => void): void {
  worker.on('error', onEnd);
  worker.once('exit', () => setImmediate(() => onEnd(new Error('a thread of the log ended by itself'))));
}

function exitOf(worker: Worker): Promise<void> {
  return new Promise((resolve) => worker.once('exit', () => resolve()));
}
