import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { LogSettings } from '../shared/config.ts';
import type { EventStore } from '../event-store/event-store.ts';
import type { Construction, EncodedBatch, Range } from '../read-model/construction.ts';
import { encodeRange, loadEncoder } from './encode.ts';
import { foldLog } from './fold-log.ts';
import type { Stops } from './fold-log.ts';
import type { FoldReply, FoldWorkerData } from './fold-worker.ts';
import type { Stretch } from './stretches.ts';
import { workerUrl } from '../shared/worker-url.ts';

/** Positions in one piece of work. */
const piece = 8_192;
/** Pieces that a thread has before it, the one in hand included: it never waits, and memory stays bounded. */
const ahead = 2;
/** A shorter log is folded before threads would have started. */
const worthThreads = 4 * piece;
const mostThreads = 4;

export interface FoldSource {
  readonly store: EventStore;
  /** Where the same log is. Without it nothing is done in threads. */
  readonly source?: LogSettings | undefined;
  /** Streams that stand still; brought up to date. */
  readonly stops: Stops;
  /** What comes of it is encoded for its `add`. */
  readonly construction: Pick<Construction, 'encoder'>;
}

/**
 * Folds a part of the log, in log order. Of an embedded log, reading, parsing, folding and encoding, which cost more than
 * writing what comes of it, are done in threads, each taking every n-th piece of the log.
 */
export async function* foldInThreads(
  { source, store, stops, construction }: FoldSource,
  range: Range,
  signal?: AbortSignal,
): AsyncGenerator<Stretch<EncodedBatch>> {
  const address = construction.encoder?.href;
  const { encode } = await loadEncoder(address);
  const foldHere = (part: Range): AsyncGenerator<Stretch<EncodedBatch>> =>
    encodeRange({ store, encode, fold: (events) => foldLog(events, stops, store), signal }, part);
  if (source?.kind !== 'embedded' || range.upTo - range.after < worthThreads) {
    yield* foldHere(range);
    return;
  }
  const count = Math.min(mostThreads, availableParallelism());
  const threads = Array.from({ length: count }, () => startThread({ log: source, encoder: address }));
  try {
    for await (const { part, reply } of inTurn(threads, cut(range))) {
      // What a thread failed at is done again here, to meet the error itself. Threads know nothing of what stands still.
      if (reply === 'failed' || stops.size > 0) yield* foldHere(part);
      else yield* reply;
      signal?.throwIfAborted();
    }
  } finally {
    await Promise.all(threads.map((thread) => thread.end()));
  }
}

interface Answered {
  readonly part: Range;
  readonly reply: FoldReply;
}

/** Gives each thread every n-th piece, some ahead of what is wanted, and yields the replies in the order of the pieces. */
async function* inTurn(threads: readonly FoldThread[], pieces: readonly Range[]): AsyncGenerator<Answered> {
  const threadOf = (index: number) => threads[index % threads.length];
  const askedAhead = threads.length * ahead;
  pieces.slice(0, askedAhead).forEach((part, index) => threadOf(index)?.ask(part));
  for (const [index, part] of pieces.entries()) {
    const reply = (await threadOf(index)?.next()) ?? 'failed';
    const next = pieces[index + askedAhead];
    if (next !== undefined) threadOf(index + askedAhead)?.ask(next);
    yield { part, reply };
  }
}

function cut({ after, upTo }: Range): Range[] {
  const count = Math.ceil((upTo - after) / piece);
  return Array.from({ length: count }, (_, index) => {
    const start = after + index * piece;
    return { after: start, upTo: Math.min(start + piece, upTo) };
  });
}

interface FoldThread {
  /** Asks for a range; replies come in the order of the questions. */
  ask(range: Range): void;
  next(): Promise<FoldReply>;
  end(): Promise<void>;
}

function startThread(workerData: FoldWorkerData): FoldThread {
  const worker = new Worker(workerUrl('fold-worker', import.meta.url), { workerData });
  const replies: FoldReply[] = [];
  let wanted: ((reply: FoldReply) => void) | undefined;
  let gone = false;

  function take(reply: FoldReply): void {
    if (wanted === undefined) replies.push(reply);
    else wanted(reply);
    wanted = undefined;
  }

  const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  worker.on('message', take);
  worker.on('error', () => {
    gone = true;
    take('failed');
  });
  return {
    ask: (range) => worker.postMessage(range),
    next() {
      const reply = replies.shift() ?? (gone ? 'failed' : undefined);
      return reply === undefined ? new Promise((resolve) => (wanted = resolve)) : Promise.resolve(reply);
    },
    // Asked to end, never terminated: inside a native call that would abort the whole process.
    end() {
      worker.postMessage('end');
      return ended;
    },
  };
}
