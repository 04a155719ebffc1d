// For `node --import`: lets a Node that does not load TypeScript by itself (before 22.18) do so, in worker threads and
// child processes too. Does nothing in one that does.
import { register } from 'node:module';

if (!('typescript' in process.features) || process.features.typescript === false) {
  register('./typescript-hooks.mjs', import.meta.url);
}
