import type { LogSettings, Partition, ReadModelSettings } from '../shared/config.ts';
import type { ConsumerProgress, ConsumerState } from './consumer.ts';

/** What the projector's thread is started with. */
export interface ProjectorWorkerData {
  readonly log: LogSettings;
  readonly readModel: ReadModelSettings;
  readonly partition: Partition;
  /** Raised by the embedded log's writer after every commit; undefined where the log is elsewhere. */
  readonly signal: SharedArrayBuffer | undefined;
  readonly logLevel: string;
}

/** From the thread, of the consumer of that name. The thread is told to end by any message to it. */
export type ProjectorReport =
  | { readonly kind: 'state'; readonly consumer: string; readonly state: ConsumerState }
  | { readonly kind: 'progress'; readonly consumer: string; readonly progress: ConsumerProgress };
