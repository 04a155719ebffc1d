import type { ProjectorProgress, ProjectorState } from './runner.ts';

/** What the projector's thread is started with. */
export interface ProjectorWorkerData {
  readonly dataDir: string;
  /** The read model in MongoDB; undefined: the embedded one in `dataDir`. */
  readonly mongodbUrl?: string | undefined;
  /** Raised by the log's writer after every commit. */
  readonly signal: SharedArrayBuffer;
  readonly logLevel: string;
}

/** From the thread. It is told to end by any message to it. */
export type ProjectorReport =
  | { readonly kind: 'state'; readonly state: ProjectorState }
  | { readonly kind: 'progress'; readonly progress: ProjectorProgress };
