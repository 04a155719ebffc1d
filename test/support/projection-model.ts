import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '../../src/shared/logger.ts';
import { documentKinds } from '../../src/read-model/documents.ts';
import { openEmbeddedReadModel } from '../../src/read-model/embedded/embedded-read-model.ts';
import type { ReadModel } from '../../src/read-model/read-model.ts';

const silent = createLogger('silent');

/** A folder for embedded read models, with every handle that was opened in it. */
export interface ModelFolder {
  readonly dataDir: string;
  open(mode: 'write' | 'read'): ReadModel;
  remove(): Promise<void>;
}

export async function makeModelFolder(): Promise<ModelFolder> {
  const dataDir = await mkdtemp(join(tmpdir(), 'weiliao-read-model-'));
  const handles: ReadModel[] = [];
  return {
    dataDir,
    open(mode) {
      const handle = openEmbeddedReadModel({ dataDir, mode, log: silent });
      handles.push(handle);
      return handle;
    },
    async remove() {
      for (const handle of handles) await handle.close();
      await rm(dataDir, { recursive: true });
    },
  };
}

/** Everything in a read model, as text: equal only where it is equal byte for byte. */
export async function dump(model: ReadModel): Promise<string> {
  const lines = [`checkpoint ${await model.checkpoint()}`];
  for (const kind of documentKinds) {
    for await (const page of model.scan(kind)) lines.push(...page.map((document) => JSON.stringify(document)));
  }
  return lines.join('\n');
}
