/**
 * What the client costs a page, bundled, minified and gzipped: the client itself, and all that the package exports. Ends
 * with 1 where the client is above the limit. The bundler is the one that the tests bring.
 */
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';

const limit = 10_000;
const index = fileURLToPath(new URL('../packages/client/src/index.ts', import.meta.url));

const client = await sizeOf(`export { createClient, ClientError } from ${JSON.stringify(index)};`);
const whole = await sizeOf(`export * from ${JSON.stringify(index)};`);
console.log(`@weiliao/client: ${client} bytes of at most ${limit}; with indexedDbStorage and all else ${whole}`);
process.exitCode = client <= limit ? 0 : 1;

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
