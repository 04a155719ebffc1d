import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { threadLoader } from './test/support/loader.ts';
import { inMemory } from './test/support/memory-disk.ts';
import { testTimeout } from './test/support/properties.ts';

/** Packages of this repository give their sources under this condition. */
const conditions = ['source'];

const overWs = ['hello', 'send', 'original', 'drain', 'limits'].map((name) => `test/e2e/${name}.test.ts`);

/** Tests run the sources, their worker threads too. Only those in `e2e/` and `faults/` start the built program. */
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    projects: [
      { extends: true, test: { name: 'all', include: ['test/**/*.test.ts'] } },
      // What a client sees of a gateway, once more as where uWebSockets.js has no binary.
      { extends: true, test: { name: 'ws', include: overWs, env: { TEST_SOCKETS: 'ws' } } },
    ],
    setupFiles: ['test/support/properties.ts'],
    // Most tests wait for processes of their own: twice as many files at a time as there are cores.
    maxWorkers: 2 * availableParallelism(),
    // Files of one process share the modules they load, which costs more than many of them run. Each takes back what it changes.
    isolate: false,
    testTimeout,
    hookTimeout: testTimeout,
    /** A pipe to a process that was killed before it read everything, such as a browser: no fault of any test. */
    onUnhandledError: (error) =>
      !('code' in error && error.code === 'ECONNRESET' && error.stack?.includes('Pipe.onStreamRead') === true),
    env: inMemory(),
    execArgv: [...threadLoader],
  },
});
