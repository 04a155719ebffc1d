/**
 * What the client costs a page, bundled, minified and gzipped: the client itself, and all that the package exports. And
 * what a first look at the page costs, as it was built last. Ends with 1 where one of them is above its limit.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';

const limit = 10_000;
const pageLimit = 150_000;
const index = fileURLToPath(new URL('../packages/client/src/index.ts', import.meta.url));

const client = await sizeOf(`export { createClient, ClientError } from ${JSON.stringify(index)};`);
const whole = await sizeOf(`export * from ${JSON.stringify(index)};`);
console.log(`@weiliao/client: ${client} bytes of at most ${limit}; with indexedDbStorage and all else ${whole}`);
const page = firstScripts();
console.log(`the page: ${page} bytes of JavaScript of at most ${pageLimit} at first`);
process.exitCode = client <= limit && page <= pageLimit ? 0 : 1;

/** Bytes of the scripts that the page asks for at once: those it names, and what they import before they run. */
function firstScripts() {
  const folder = new URL('../dist/page/', import.meta.url);
  const html = readFileSync(new URL('index.html', folder), 'utf8');
  const names = [...html.matchAll(/src="\.\/([^"]+\.js)"/g)].map(([, name]) => name ?? '');
  const seen = new Set(names);
  let bytes = 0;
  for (const name of seen) {
    const code = readFileSync(new URL(name, folder));
    bytes += gzipSync(code, { level: 9 }).byteLength;
    for (const [, other] of code.toString().matchAll(/(?:from|import)"\.\/([^"]+\.js)"/g)) seen.add(`assets/${other}`);
  }
  return bytes;
}

/**
 * Bytes of a page's bundle with this text in it.
 *
 * @param {string} text
 */
async function sizeOf(text) {
  const entry = 'virtual:entry';
  const result = await build({
    configFile: false,
    logLevel: 'error',
    build: {
      write: false,
      target: 'es2022',
      modulePreload: false,
      rolldownOptions: { input: entry, preserveEntrySignatures: 'strict' },
    },
    plugins: [
      {
        name: 'entry',
        resolveId: (id) => (id === entry ? id : undefined),
        load: (id) => (id === entry ? text : undefined),
      },
    ],
  });
  const bundles = Array.isArray(result) ? result : [result];
  const chunks = bundles.flatMap((bundle) => ('output' in bundle ? bundle.output : []));
  const code = chunks.map((chunk) => (chunk.type === 'chunk' ? chunk.code : '')).join('');
  if (code === '') throw new Error('nothing was built');
  return gzipSync(code, { level: 9 }).byteLength;
}
