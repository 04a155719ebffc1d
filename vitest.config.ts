import { defineConfig } from 'vitest/config';

/** Tests import the built program (`../dist/…`): what runs in a worker thread or a child process is then the same code. */
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    server: { deps: { external: [/\/dist\//] } },
  },
});
