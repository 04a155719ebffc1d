import type { ExpectedRevision } from '../event-store.ts';
import type { Incident } from './incident.ts';

/** One append on its way to the server. */
export interface AppendRequest {
  /** Names the append between the two threads. */
  readonly key: number;
  readonly stream: string;
  readonly expected: ExpectedRevision;
  readonly events: readonly EncodedEvent[];
}

/** `data` and `metadata` are JSON text. */
export type EncodedEvent = readonly [id: string, type: string, data: string, metadata: string];

/** What a thread that appends is told. */
export type AppendThreadRequest =
  | { readonly kind: 'append'; readonly appends: readonly AppendRequest[] }
  /** Nobody waits for these any more: they had no answer in time. */
  | { readonly kind: 'drop'; readonly keys: readonly number[] }
  | { readonly kind: 'close' };

export type AppendOutcome =
  | { readonly kind: 'appended'; readonly key: number; readonly revision: number; readonly position: number }
  | { readonly kind: 'wrong'; readonly key: number; readonly actual: ExpectedRevision }
  /** Its stream was deleted for good. */
  | { readonly kind: 'deleted'; readonly key: number }
  /** The server will never take it. */
  | { readonly kind: 'refused'; readonly key: number; readonly reason: string }
  /** The server cannot take it as things are, which only an operator changes. */
  | { readonly kind: 'unavailable'; readonly key: number; readonly reason: string };

export interface AppendWorkerData {
  /** Connection string. */
  readonly url: string;
}

/** What it tells. */
export type AppendThreadReply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'outcomes'; readonly outcomes: readonly AppendOutcome[] }
  | { readonly kind: 'incident'; readonly incident: Incident };
