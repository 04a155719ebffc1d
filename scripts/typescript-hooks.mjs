import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { transformSync } from '@swc/wasm-typescript';

/**
 * Node's `load` hook: sources without their types, each character where it was.
 *
 * @type {import('node:module').LoadHook}
 */
export async function load(url, context, next) {
  if (!url.endsWith('.ts') || url.includes('/node_modules/')) return next(url, context);
  const path = fileURLToPath(url);
  return { format: 'module', source: withoutTypes(await readFile(path, 'utf8'), path), shortCircuit: true };
}

/**
 * @param {string} source
 * @param {string} path
 */
function withoutTypes(source, path) {
  try {
    return transformSync(source, { filename: path, mode: 'strip-only' }).code;
  } catch (error) {
    // What it throws is no Error.
    const { message, startLine } = /** @type {{ message: string, startLine: number }} */ (error);
    throw new SyntaxError(`${path}:${startLine}: ${message}`);
  }
}
