import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { loader } from './test/support/loader.ts';
import { testTimeout } from './test/support/properties.ts';

/** Packages of this repository give their sources under this condition. */
const conditions = ['source'];

/** Tests run the sources, their worker threads too. Only those in `e2e/` and `faults/` start the built program. */
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/support/properties.ts'],
    // Most tests wait for processes of their own: twice as many files at a time as there are cores.
    maxWorkers: 2 * availableParallelism(),
    testTimeout,
    hookTimeout: 30_000,
    execArgv: [...loader],
  },
});
