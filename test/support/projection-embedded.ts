import { randomUUID } from 'node:crypto';
import { openEmbeddedEventStore } from '../../src/event-store/embedded/embedded-event-store.ts';
import type { EmbeddedEventStore } from '../../src/event-store/embedded/embedded-event-store.ts';
import { followEventStore } from '../../src/event-store/follow-event-store.ts';
import type { Difference } from '../../src/projections/compare.ts';
import { rebuild } from '../../src/projections/rebuild.ts';
import type { RebuildOptions, RebuildResult } from '../../src/projections/rebuild.ts';
import { verify } from '../../src/projections/verify.ts';
import type { Fact } from './projection-log.ts';
import { makeModelFolder } from './projection-model.ts';
import type { ModelFolder } from './projection-model.ts';
import { silent } from './silent.ts';

/** A folder with an embedded log that facts can be put into, and whatever read models are made of it. */
export interface LogFolder extends ModelFolder {
  readonly store: EmbeddedEventStore;
  /** Puts facts at the end of the log, in this order. */
  append(facts: readonly Fact[]): Promise<void>;
}

export async function makeLogFolder(): Promise<LogFolder> {
  const folder = await makeModelFolder();
  const store = await openEmbeddedEventStore({ dataDir: folder.dataDir, onFatal: () => undefined });
  const revisions = new Map<string, number>();
  return {
    ...folder,
    store,
    async append(facts) {
      const appended = facts.map(({ stream, type, data, schemaVersion = 1, ...metadata }) => {
        const revision = revisions.get(stream);
        revisions.set(stream, (revision ?? -1) + 1);
        const event = { id: randomUUID(), type, data, metadata: { schemaVersion, ...metadata } };
        return store.appendToStream(stream, [event], revision ?? 'no_stream');
      });
      await Promise.all(appended);
    },
    async remove() {
      await store.close();
      await folder.remove();
    },
  };
}

type Given<Options> = Omit<Options, 'store' | 'source' | 'readModel'>;

/** Rebuilds the read model of a folder from the log there, as `weiliao rebuild` does. */
export async function rebuildIn(
  { dataDir }: Pick<ModelFolder, 'dataDir'>,
  options: Partial<Given<RebuildOptions>> = {},
): Promise<RebuildResult> {
  const settings = { kind: 'embedded', dataDir } as const;
  const store = await followEventStore(settings);
  try {
    return await rebuild({ store, source: settings, readModel: settings, log: silent, ...options });
  } finally {
    await store.close();
  }
}

/** Verifies the log and the read model of a folder, as `weiliao verify` does. */
export async function* verifyIn({ dataDir }: Pick<ModelFolder, 'dataDir'>): AsyncGenerator<Difference> {
  const settings = { kind: 'embedded', dataDir } as const;
  const store = await followEventStore(settings);
  try {
    yield* verify({ store, source: settings, readModel: settings });
  } finally {
    await store.close();
  }
}
