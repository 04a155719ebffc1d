// Writes the parts of the documents that follow from the code, each between two marker comments of its page.
// With `--check` it writes nothing, names each part that differs, and exits with 1.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import prettier from 'prettier';
import { settingsTable } from '../src/shared/config/describe.ts';
import { housePicture } from './house-picture.mjs';

/** @type {readonly { page: string, name: string, text: () => string }[]} */
const parts = [
  { page: 'docs/architecture.md', name: 'rooms', text: housePicture },
  { page: 'docs/settings.md', name: 'settings', text: settingsTable },
];

/**
 * The page with the text in place of what stands between the markers of that name.
 * @param {string} page
 * @param {string} name
 * @param {string} text
 */
function withPart(page, name, text) {
  const [begin, end] = [`<!-- begin ${name}: written by npm run docs -->\n`, `<!-- end ${name} -->`];
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`no markers for ${name}: ${begin}… ${end}`);
  return `${page.slice(0, from + begin.length)}\n${text.trim()}\n\n${page.slice(to)}`;
}

const check = process.argv.includes('--check');
for (const { page, name, text } of parts) {
  const path = fileURLToPath(new URL(`../${page}`, import.meta.url));
  const before = readFileSync(path, 'utf8');
  const style = await prettier.resolveConfig(path);
  const made = await prettier.format(text(), { ...style, parser: 'markdown' });
  const after = withPart(before, name, made);
  if (after === before) continue;
  if (!check) {
    writeFileSync(path, after);
    console.log(`docs: ${page}: wrote ${name}`);
    continue;
  }
  console.error(`docs: ${page}: ${name} is not what the code says; npm run docs writes it`);
  process.exitCode = 1;
}
