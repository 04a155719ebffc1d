import type { Partition, ReadModelSettings } from '../shared/config.ts';
import type { Logger } from '../shared/logger.ts';
import { openEmbeddedReadModel } from './embedded/embedded-read-model.ts';
import type { ReadModel } from './read-model.ts';

export interface OpenReadModelOptions {
  readonly settings: ReadModelSettings;
  /** `write`: the one projector of its share. `read`: any number; `apply` then throws. */
  readonly mode: 'write' | 'read';
  /** With `write`: the share, default all. The embedded read model has no other. */
  readonly partition?: Partition;
  /** A server is first asked at the first use, and may come later. Default false. */
  readonly lazy?: boolean;
  /** A server that is not there is waited for as long as it takes; this is told why, again and again. */
  readonly onMissing?: (reason: string) => void;
  readonly log: Logger;
}

/** The read model that the settings name. Rejects with `OperatorError` where it cannot be used. */
export async function openReadModel(options: OpenReadModelOptions): Promise<ReadModel> {
  const { settings, mode, partition, ...rest } = options;
  if (settings.kind === 'embedded') return openEmbeddedReadModel({ dataDir: settings.dataDir, mode, log: rest.log });
  // Loaded where it is used: the driver takes longer to load than all the rest, in every thread that does.
  const { openMongoReadModel } = await import('./mongodb/mongo-read-model.ts');
  return openMongoReadModel({ url: settings.url, mode, ...rest, ...(partition !== undefined && { partition }) });
}
