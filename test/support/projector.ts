import { startProjectorThread } from '../../src/projections/projector-thread.ts';
import type {
  ConsumerStatus,
  ProjectorThread,
  ProjectorThreadOptions,
} from '../../src/projections/projector-thread.ts';

type Options = Pick<ProjectorThreadOptions, 'onState' | 'onProgress' | 'program'>;

/** The projector of the embedded stores in a folder whose log is open for writing here. */
export function startEmbeddedProjector(
  { dataDir, signal }: { readonly dataDir: string; readonly signal: SharedArrayBuffer },
  options: Options = {},
): ProjectorThread {
  const settings = { kind: 'embedded', dataDir } as const;
  const partition = { index: 1, count: 1 };
  return startProjectorThread({
    log: settings,
    readModel: settings,
    partition,
    signal,
    logLevel: 'silent',
    ...options,
  });
}

/** The read model's consumer, as last reported. */
export function readModelOf({ consumers }: ProjectorThread): ConsumerStatus {
  return consumers.get('read-model')!;
}
