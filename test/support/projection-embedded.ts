import { randomUUID } from 'node:crypto';
import { openEmbeddedEventStore } from '../../src/event-store/embedded/embedded-event-store.ts';
import type { EmbeddedEventStore } from '../../src/event-store/embedded/embedded-event-store.ts';
import type { Fact } from './projection-log.ts';
import { makeModelFolder } from './projection-model.ts';
import type { ModelFolder } from './projection-model.ts';

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

/** The embedded log and read model of a folder, as rebuilds and verifications take them. */
export function embedded(dataDir: string) {
  return { source: { kind: 'embedded', dataDir }, readModel: { kind: 'embedded', dataDir } } as const;
}
