import { defineConfig } from 'vitest/config';

/** Tests import the built program (`../dist/…`): what runs in a worker thread or a child process is then the same code. */
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Most tests wait for processes of their own: two files at a time even where there are two cores.
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    server: { deps: { external: [/\/dist\//] } },
  },
});
