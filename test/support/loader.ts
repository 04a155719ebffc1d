import { fileURLToPath } from 'node:url';

/** Node from 22.18 on runs TypeScript by itself. */
const runsTypeScript = 'typescript' in process.features && process.features.typescript !== false;

/** Arguments for a Node that is to run sources of this repository. */
export const loader: readonly string[] = importing('../../scripts/typescript.mjs');

/** Arguments for a Node whose worker threads are to run them, and which loads nothing of them itself: the test runner's. */
export const threadLoader: readonly string[] = importing('./in-threads.mjs');

function importing(script: string): string[] {
  return runsTypeScript ? [] : ['--import', new URL(script, import.meta.url).href];
}

/** A script for `node -e` that imports `src/…`, with the arguments it needs. */
export function scriptArgs(script: string): string[] {
  return [...loader, '--input-type=module', '-e', script];
}

/** Address of a source file, for the imports of such a script. */
export function sourceUrl(path: string): string {
  return new URL(`../../src/${path}`, import.meta.url).href;
}

/** Path of the built program. */
export const program = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** Arguments for a Node that uWebSockets.js shall have no binary for. */
export const withoutUws: readonly string[] = ['--import', new URL('./no-uws.mjs', import.meta.url).href];
