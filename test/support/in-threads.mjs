// For `node --import`: worker threads load TypeScript as `typescript.mjs` says. The thread that starts them is Vitest's,
// which loads the tests by itself: each module would only take the long way through Node's loader there.
import { isMainThread } from 'node:worker_threads';

if (!isMainThread) await import('../../scripts/typescript.mjs');
