import type { ReadModelSettings } from '../shared/config.ts';
import { OperatorError } from '../shared/errors.ts';
import type { Construction, Projection } from './construction.ts';
import { beginEmbeddedConstruction } from './embedded/construction.ts';

export interface OpenConstructionOptions {
  readonly settings: ReadModelSettings;
  /** Build this projection only, and take the others from the read model in use. Default: all. */
  readonly projection?: Projection | undefined;
}

/**
 * Begins a read model beside the one in use. Rejects with `OperatorError` where another one is being built, where the
 * store cannot be used, or where there is nothing to take the other projections from.
 */
export async function openConstruction({ settings, projection }: OpenConstructionOptions): Promise<Construction> {
  if (settings.kind === 'embedded') return beginEmbeddedConstruction({ dataDir: settings.dataDir, projection });
  if (projection !== undefined) {
    throw new OperatorError('--projection: in MongoDB the projections are built together; leave it out');
  }
  // Loaded where it is used: the driver takes longer to load than all the rest.
  const { beginMongoConstruction } = await import('./mongodb/construction.ts');
  return beginMongoConstruction({ url: settings.url });
}
