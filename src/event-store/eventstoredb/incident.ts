/** Something that the adapter dealt with by itself, for logs and metrics. */
export interface Incident {
  readonly kind: IncidentKind;
  /** How many times, or how many appends. */
  readonly count: number;
  /** In words, without credentials or contents. */
  readonly reason: string;
}

/**
 * - `append-retried`: the server could not now (busy, not ready, a timeout of its own); sent again with the same ids.
 * - `append-timed-out`: no answer in time; the caller was told that the outcome is unknown.
 * - `connection-lost`: a connection broke. `connection-renewed`: one gave no sign of life and was thrown away.
 * - `worker-lost`: a thread that appends ended by an error; a new one takes its place.
 * - `setting-ignored`: a part of the connection string has no effect, or db-client advises against it.
 */
export type IncidentKind =
  'append-retried' | 'append-timed-out' | 'connection-lost' | 'connection-renewed' | 'worker-lost' | 'setting-ignored';

export type OnIncident = (incident: Incident) => void;
