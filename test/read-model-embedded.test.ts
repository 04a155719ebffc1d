import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '../dist/logger.js';
import { openEmbeddedReadModel } from '../dist/read-model/embedded/embedded-read-model.js';
import type { ReadModel } from '../dist/read-model/read-model.js';
import { readModelContract } from './contract/read-model.ts';

const log = createLogger('silent');

readModelContract({
  name: 'embedded',
  async open() {
    const dataDir = await mkdtemp(join(tmpdir(), 'weiliao-read-model-'));
    const open = (mode: 'write' | 'read'): ReadModel => openEmbeddedReadModel({ dataDir, mode, log });
    const handles = [open('write')];
    return {
      writer: handles[0]!,
      openReader() {
        const reader = open('read');
        handles.push(reader);
        return reader;
      },
      async dispose() {
        for (const handle of handles) await handle.close();
        await rm(dataDir, { recursive: true });
      },
    };
  },
});
