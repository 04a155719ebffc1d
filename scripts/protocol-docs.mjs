/**
 * Writes what is made from the wire contract (src/protocol): the tables of docs/protocol.md and the client's types.
 * `--write` writes them; `--check` ends with 1, and a line for each, where a file says something else.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import prettier from 'prettier';
import './typescript.mjs';

const { clientTypes } = await import('./protocol/client-types.mjs');
const { tables } = await import('./protocol/tables.mjs');

const docs = 'docs/protocol.md';
const types = 'packages/client/src/frames.ts';
const [mode] = process.argv.slice(2);
if (mode !== '--write' && mode !== '--check') {
  console.error('usage: node scripts/protocol-docs.mjs --write | --check');
  process.exit(2);
}

const faults = [...(await updateDocs()), ...(await updateTypes())];
for (const fault of faults) console.error(fault);
process.exitCode = faults.length > 0 ? 1 : 0;

/** Each table stands between its two marker comments. */
async function updateDocs() {
  const before = await read(docs);
  let after = before;
  const found = [];
  for (const [name, make] of Object.entries(tables)) {
    const place = new RegExp(`(<!-- made from src/protocol: ${name} -->\n)[^]*?(\n<!-- end -->)`);
    if (!place.test(after)) {
      found.push(`${docs}: there is no place for the table ${name}`);
      continue;
    }
    const text = await prettier.format(make(), { ...(await style(docs)), parser: 'markdown' });
    const changed = after.replace(place, (_, start, end) => `${start}\n${text}${end}`);
    if (changed !== after && mode === '--check') found.push(`${docs}: the table ${name} is not what src/protocol says`);
    after = changed;
  }
  if (mode === '--write' && after !== before) await writeFile(pathOf(docs), after);
  return found.map((fault) => `${fault}: npm run docs`);
}

async function updateTypes() {
  const text = await prettier.format(clientTypes(), { ...(await style(types)), parser: 'typescript' });
  if (text === (await read(types))) return [];
  if (mode === '--check') return [`${types}: the types are not what src/protocol says: npm run docs`];
  await writeFile(pathOf(types), text);
  return [];
}

/** @param {string} file */
function pathOf(file) {
  return fileURLToPath(new URL(`../${file}`, import.meta.url));
}

/** @param {string} file */
function read(file) {
  return readFile(pathOf(file), 'utf8');
}

/** @param {string} file */
function style(file) {
  return prettier.resolveConfig(pathOf(file));
}
