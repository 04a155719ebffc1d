import { Worker } from 'node:worker_threads';
import { backOff } from '../../shared/back-off.ts';
import { watchLoop } from '../../shared/threads.ts';
import { workerUrl } from '../../shared/worker-url.ts';
import { EventStoreUnavailableError } from '../event-store.ts';
import type { EventStore } from '../event-store.ts';
import { hashOf } from '../stream-hash.ts';
import type { AppendRequest, AppendThreadReply, AppendThreadRequest, AppendWorkerData } from './append-protocol.ts';
import type { OnIncident } from './incident.ts';
import { createWaitingAppends } from './waiting-appends.ts';

export interface AppendThreadOptions extends AppendWorkerData {
  /** Milliseconds after which the outcome of an append is told to be unknown. */
  readonly timeoutMs: number;
  readonly onIncident: OnIncident;
  /** The thread's program. */
  readonly program?: URL;
}

/** A thread that appends, seen from the one that asks it to. */
export interface AppendThread {
  /** Resolves once it runs: until then an append waits, and its time goes by. Rejects where it cannot run. */
  readonly ready: Promise<void>;
  readonly append: EventStore['appendToStream'];
  /** Waits for appends in flight, each of which ends within its timeout; then ends the thread. */
  close(): Promise<void>;
}

/** Several threads that append. A stream always goes to the same one, so its appends keep their order. */
export function startAppendThreads({ count, ...options }: AppendThreadOptions & { count: number }): AppendThread {
  const threads = Array.from({ length: count }, () => startAppendThread(options));
  return {
    ready: Promise.all(threads.map(({ ready }) => ready)).then(() => undefined),
    append(stream, events, expected) {
      const thread = threads[hashOf(stream) % count];
      if (thread === undefined) throw new RangeError('there is no thread to append');
      return thread.append(stream, events, expected);
    },
    async close() {
      await Promise.all(threads.map((thread) => thread.close()));
    },
  };
}

export function startAppendThread({ timeoutMs, onIncident, ...options }: AppendThreadOptions): AppendThread {
  let outbox: AppendRequest[] = [];
  let lastKey = 0;
  let closing: Promise<void> | undefined;
  const waiting = createWaitingAppends(timeoutMs, (keys) => {
    onIncident({ kind: 'append-timed-out', count: keys.length, reason: `no answer within ${timeoutMs} ms` });
    worker.post({ kind: 'drop', keys });
  });
  const worker = keepWorker({
    ...options,
    onReply(reply) {
      if (reply.kind === 'incident') onIncident(reply.incident);
      else if (reply.kind === 'outcomes') reply.outcomes.forEach(waiting.settle);
    },
    onStarted: flush,
    /** Whatever threw in it: what it held may or may not have reached the server. */
    onLost(error) {
      onIncident({ kind: 'worker-lost', count: waiting.size(), reason: error.message });
      outbox = [];
      waiting.failAll(new EventStoreUnavailableError('the thread that appends was lost', { cause: error }));
    },
  });

  /** Appends made while there is no thread wait for the next one. */
  function flush(): void {
    if (!worker.runs()) return;
    const appends = outbox.filter(({ key }) => waiting.has(key));
    outbox = [];
    if (appends.length > 0) worker.post({ kind: 'append', appends });
  }

  return {
    ready: worker.ready,
    async append(stream, events, expected) {
      if (closing !== undefined) throw new EventStoreUnavailableError('the event store is closed');
      const encoded = events.map(({ id, type, data, metadata }) => {
        return [id, type, JSON.stringify(data), JSON.stringify(metadata)] as const;
      });
      const append = { key: ++lastKey, stream, expected, events: encoded };
      // After the callbacks of this turn, so that every append they make goes in one message.
      if (outbox.length === 0) process.nextTick(flush);
      outbox.push(append);
      return waiting.add(append);
    },
    close: () => (closing ??= waiting.drained().then(() => worker.end())),
  };
}

interface KeptWorkerOptions extends AppendWorkerData {
  readonly program?: URL;
  onReply(reply: AppendThreadReply): void;
  /** Another one runs in place of one that was lost. */
  onStarted(): void;
  onLost(error: Error): void;
}

interface KeptWorker {
  readonly ready: Promise<void>;
  runs(): boolean;
  post(request: AppendThreadRequest): void;
  end(): Promise<void>;
}

/** Milliseconds that a thread is given to end by itself. */
const endWithin = 5_000;

/** A worker that is started again where it is lost, later each time in a row. */
function keepWorker({ url, program, onReply, onStarted, onLost }: KeptWorkerOptions): KeptWorker {
  const file = program ?? workerUrl('append-worker', import.meta.url);
  const workerData: AppendWorkerData = { url };
  let begun: () => void;
  let failed: (error: Error) => void;
  const ready = new Promise<void>((resolve, reject) => ([begun, failed] = [resolve, reject]));
  ready.catch(() => undefined);
  let failures = 0;
  let ending = false;
  let worker: Worker | undefined = start();

  function start(): Worker {
    const started = new Worker(file, { workerData });
    watchLoop('append', started);
    started.on('message', (reply: AppendThreadReply) => {
      if (reply.kind === 'ready') begun();
      if (reply.kind === 'outcomes') failures = 0;
      onReply(reply);
    });
    started.on('error', (error) => replace(started, error));
    started.on('exit', () => replace(started, new Error('the thread ended')));
    return started;
  }

  function replace(lost: Worker, error: Error): void {
    if (lost !== worker) return;
    worker = undefined;
    failures += 1;
    failed(error);
    onLost(error);
    setTimeout(() => {
      if (ending) return;
      worker = start();
      onStarted();
    }, backOff(failures));
  }

  return {
    ready,
    runs: () => worker !== undefined,
    post: (request) => worker?.postMessage(request),
    async end() {
      ending = true;
      const last = worker;
      worker = undefined;
      if (last === undefined) return;
      const gone = new Promise<void>((resolve) => last.once('exit', () => resolve()));
      const close: AppendThreadRequest = { kind: 'close' };
      last.postMessage(close);
      const late = setTimeout(() => void last.terminate(), endWithin);
      await gone;
      clearTimeout(late);
    },
  };
}
