import { Worker } from 'node:worker_threads';
import { EventStoreUnavailableError, WrongExpectedRevisionError } from '../event-store.ts';
import type { AppendResult, EventData, ExpectedRevision } from '../event-store.ts';
import type {
  AppendOutcome,
  AppendRequest,
  AppendThreadRequest,
  AppendWorkerData,
  EncodedEvent,
} from './append-protocol.ts';
import { backOff } from '../../shared/back-off.ts';
import type { Incident, OnIncident } from './incident.ts';
import { workerUrl } from '../../shared/worker-url.ts';

/** What a thread that appends tells. */
export type AppendThreadReply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'outcomes'; readonly outcomes: readonly AppendOutcome[] }
  | { readonly kind: 'incident'; readonly incident: Incident };

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
  append(stream: string, events: readonly EventData[], expected: ExpectedRevision): Promise<AppendResult>;
  /** Waits for appends in flight, each of which ends within its timeout; then ends the thread. */
  close(): Promise<void>;
}

interface Waiting {
  readonly stream: string;
  readonly expected: ExpectedRevision;
  /** By the clock of `performance.now`. */
  readonly deadline: number;
  resolve(result: AppendResult): void;
  reject(error: Error): void;
}

/** Milliseconds that a thread is given to end by itself. */
const endWithin = 5_000;

export function startAppendThread({ url, timeoutMs, onIncident, program }: AppendThreadOptions): AppendThread {
  const file = program ?? workerUrl('append-worker', import.meta.url);
  const workerData: AppendWorkerData = { url };
  /** By key, the oldest first. */
  const waiting = new Map<number, Waiting>();
  let outbox: AppendRequest[] = [];
  let lastKey = 0;
  let failures = 0;
  let timer: NodeJS.Timeout | undefined;
  let drained: (() => void) | undefined;
  let closing: Promise<void> | undefined;
  let begun: () => void;
  let failed: (error: Error) => void;
  const ready = new Promise<void>((resolve, reject) => {
    begun = resolve;
    failed = reject;
  });
  ready.catch(() => undefined);
  let worker: Worker | undefined = start();

  function start(): Worker {
    const started = new Worker(file, { workerData });
    started.on('message', (reply: AppendThreadReply) => {
      if (reply.kind === 'ready') begun();
      else if (reply.kind === 'incident') onIncident(reply.incident);
      else for (const outcome of reply.outcomes) settle(outcome);
    });
    started.on('error', (error) => replace(started, error));
    started.on('exit', () => replace(started, new Error('the thread ended')));
    return started;
  }

  /** The thread is gone, whatever threw in it: what it held may or may not have reached the server. */
  function replace(lost: Worker, error: Error): void {
    if (lost !== worker) return;
    worker = undefined;
    failures += 1;
    failed(error);
    onIncident({ kind: 'worker-lost', count: waiting.size, reason: error.message });
    const unknown = new EventStoreUnavailableError('the thread that appends was lost', { cause: error });
    for (const { reject } of waiting.values()) reject(unknown);
    waiting.clear();
    outbox = [];
    drained?.();
    setTimeout(() => {
      if (closing !== undefined) return;
      worker = start();
      flush();
    }, backOff(failures));
  }

  /** Appends made while there is no thread wait for the next one. */
  function flush(): void {
    if (worker === undefined) return;
    const appends = outbox.filter(({ key }) => waiting.has(key));
    outbox = [];
    if (appends.length > 0) post({ kind: 'append', appends });
  }

  function post(request: AppendThreadRequest): void {
    worker?.postMessage(request);
  }

  function settle(outcome: AppendOutcome): void {
    const append = waiting.get(outcome.key);
    if (append === undefined) return;
    waiting.delete(outcome.key);
    failures = 0;
    switch (outcome.kind) {
      case 'appended':
        append.resolve({ revision: outcome.revision, position: outcome.position });
        break;
      case 'wrong':
        append.reject(new WrongExpectedRevisionError(append.stream, append.expected, outcome.actual));
        break;
      case 'refused':
        append.reject(new Error(`append to ${append.stream} refused: ${outcome.reason}`));
        break;
      case 'unavailable':
        append.reject(new EventStoreUnavailableError(`append refused: ${outcome.reason}`));
    }
    if (waiting.size === 0) drained?.();
  }

  /** One timer for all: appends have the same timeout, so the oldest is due first. */
  function watch(): void {
    const [oldest] = waiting.values();
    if (timer !== undefined || oldest === undefined) return;
    timer = setTimeout(
      // After the answers that are there already: this thread may have been busy for as long as the timeout.
      () => setImmediate(expire),
      Math.max(1, oldest.deadline - performance.now()),
    );
  }

  function expire(): void {
    timer = undefined;
    const now = performance.now();
    const keys: number[] = [];
    for (const [key, append] of waiting) {
      if (append.deadline > now) break;
      keys.push(key);
      waiting.delete(key);
      append.reject(new EventStoreUnavailableError(`no answer to an append within ${timeoutMs} ms`));
    }
    if (keys.length > 0) {
      onIncident({ kind: 'append-timed-out', count: keys.length, reason: `no answer within ${timeoutMs} ms` });
      post({ kind: 'drop', keys });
    }
    if (waiting.size === 0) drained?.();
    watch();
  }

  async function shutDown(): Promise<void> {
    if (waiting.size > 0) await new Promise<void>((resolve) => (drained = resolve));
    clearTimeout(timer);
    const ending = worker;
    if (ending === undefined) return;
    const gone = new Promise<void>((resolve) => ending.once('exit', () => resolve()));
    post({ kind: 'close' });
    worker = undefined;
    const late = setTimeout(() => void ending.terminate(), endWithin);
    await gone;
    clearTimeout(late);
  }

  return {
    ready,
    append(stream, events, expected) {
      if (closing !== undefined) return Promise.reject(new EventStoreUnavailableError('the event store is closed'));
      return new Promise((resolve, reject) => {
        const encoded = events.map(encode);
        const key = ++lastKey;
        const deadline = performance.now() + timeoutMs;
        waiting.set(key, { stream, expected, deadline, resolve, reject });
        // After the callbacks of this turn, so that every append they make goes in one message.
        if (outbox.length === 0) process.nextTick(flush);
        outbox.push({ key, stream, expected, events: encoded });
        watch();
      });
    },
    close: () => (closing ??= shutDown()),
  };
}

function encode({ id, type, data, metadata }: EventData): EncodedEvent {
  return [id, type, JSON.stringify(data), JSON.stringify(metadata)];
}
