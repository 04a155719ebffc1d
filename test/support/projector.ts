import { startProjectorThread } from '../../src/projections/projector-thread.ts';
import type { ProjectorThread, ProjectorThreadOptions } from '../../src/projections/projector-thread.ts';

type Options = Pick<ProjectorThreadOptions, 'onState' | 'onProgress'>;

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
