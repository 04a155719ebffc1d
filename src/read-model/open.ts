import type { Logger } from '../logger.ts';
import { openEmbeddedReadModel } from './embedded/embedded-read-model.ts';
import { openMongoReadModel } from './mongodb/mongo-read-model.ts';
import type { ReadModel } from './read-model.ts';

export interface ReadModelOptions {
  /** Where the embedded read model is. */
  readonly dataDir: string;
  /** Undefined: the embedded one. */
  readonly mongodbUrl: string | undefined;
  readonly mode: 'write' | 'read';
  /** MongoDB is first asked at the first use, and may come later. Default false. */
  readonly lazy?: boolean;
  readonly log: Logger;
}

/** The read model that the settings name. Rejects with `OperatorError` where MongoDB cannot be used, unless `lazy`. */
export function openReadModel({
  dataDir,
  mongodbUrl: url,
  mode,
  lazy = false,
  log,
}: ReadModelOptions): Promise<ReadModel> {
  if (url !== undefined) return openMongoReadModel({ url, mode, lazy, log });
  return Promise.resolve(openEmbeddedReadModel({ dataDir, mode, log }));
}
