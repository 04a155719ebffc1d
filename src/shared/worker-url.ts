import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Address of the file `name` beside the module at `base`, for a worker thread: `.js` in the built program, `.ts` where
 * the sources themselves run, as in tests.
 */
export function workerUrl(name: string, base: string): URL {
  return new URL(`./${name}${extname(fileURLToPath(base))}`, base);
}
