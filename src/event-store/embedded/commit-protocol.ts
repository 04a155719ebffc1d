import type { MessagePort } from 'node:worker_threads';
import type { ExpectedRevision } from '../event-store.ts';

/** What the store tells its commit worker. Every append of one `commit` goes into one transaction: one fsync for all. */
export type CommitRequest =
  | { readonly kind: 'commit'; readonly appends: readonly CommitAppend[] }
  /** A checkpoint of the write-ahead log ended: `left` pages are still to be copied. */
  | { readonly kind: 'checkpointed'; readonly left: number }
  | { readonly kind: 'close' };

export interface CommitAppend {
  readonly stream: string;
  readonly expected: ExpectedRevision;
  readonly ids: readonly string[];
  /** JSON: `[[id, type, data, metadata], …]`. */
  readonly events: string;
  /** Epoch milliseconds. */
  readonly created: number;
}

export type CommitReply =
  /** Positions of the newest event, and of the newest of our own streams. */
  | { readonly kind: 'opened'; readonly lastPosition: number; readonly lastOwnPosition: number }
  | { readonly kind: 'refused'; readonly reason: string }
  /** One outcome an append, in the order of the request. */
  | { readonly kind: 'committed'; readonly outcomes: readonly CommitOutcome[] }
  | { readonly kind: 'failed'; readonly reason: string }
  /** The write-ahead log has grown: copy it into the database, off this thread. */
  | { readonly kind: 'checkpoint-due' };

/**
 * A number: written, with its last event at this position. `repeated`: the same events were there already.
 * `wrong`: the stream is at `actual`.
 */
export type CommitOutcome =
  number | { readonly kind: 'repeated' } | { readonly kind: 'wrong'; readonly actual: ExpectedRevision };

export interface CommitWorkerData {
  readonly dataDir: string;
  /** One counter, raised and notified after every commit: what followers of the log wait on. */
  readonly signal: SharedArrayBuffer;
  /** One counter, raised and notified after every request on `port`: what the worker sleeps on. */
  readonly bell: SharedArrayBuffer;
  readonly port: MessagePort;
}
