import { defineConfig } from 'vitest/config';
import { loader } from './test/support/loader.ts';

/** Packages of this repository give their sources under this condition. */
const conditions = ['source'];

/** Tests run the sources, their worker threads too. Only those in `e2e/` and `faults/` start the built program. */
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: ['test/**/*.test.ts'],
    // Most tests wait for processes of their own: two files at a time even where there are two cores.
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    execArgv: [...loader],
  },
});
