import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { threadId } from 'node:worker_threads';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const { version } = /** @type {{ version: string }} */ (require('@swc/wasm-typescript/package.json'));
/** What was made of sources before, each under its content: most threads and processes never load the compiler. */
const cache = fileURLToPath(new URL(`../node_modules/.cache/weiliao-typescript/${version}/`, import.meta.url));

/**
 * Node's `load` hook: sources without their types, each character where it was.
 *
 * @type {import('node:module').LoadHook}
 */
export async function load(url, context, next) {
  if (!url.endsWith('.ts') || url.includes('/node_modules/')) return next(url, context);
  return { format: 'module', source: sourceOf(fileURLToPath(url)), shortCircuit: true };
}

/** @param {string} path */
function sourceOf(path) {
  const typed = readFileSync(path, 'utf8');
  const place = `${cache}${createHash('sha1').update(typed).digest('hex')}.js`;
  try {
    return readFileSync(place, 'utf8');
  } catch {
    const source = withoutTypes(typed, path);
    keep(source, place);
    return source;
  }
}

/**
 * Other processes may keep the same at this moment, so a file is there whole or not at all.
 *
 * @param {string} source
 * @param {string} place
 */
function keep(source, place) {
  const unfinished = `${place}.${process.pid}.${threadId}`;
  try {
    mkdirSync(cache, { recursive: true });
    writeFileSync(unfinished, source);
    renameSync(unfinished, place);
  } catch {
    // A folder that cannot be written, or is full: made anew each time.
  }
}

/**
 * @param {string} source
 * @param {string} path
 */
function withoutTypes(source, path) {
  const { transformSync } = /** @type {import('@swc/wasm-typescript')} */ (require('@swc/wasm-typescript'));
  try {
    return transformSync(source, { filename: path, mode: 'strip-only' }).code;
  } catch (error) {
    // What it throws is no Error.
    const { message, startLine } = /** @type {{ message: string, startLine: number }} */ (error);
    throw new SyntaxError(`${path}:${startLine}: ${message}`);
  }
}
