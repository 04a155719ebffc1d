// Holds the packages that the server runs with to two lists: licences, and packages with install scripts. Exit 1 where
// one is on neither.
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { installedPackages, readJson } from './packages.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Those that ask for no more than their text. Another one is a decision, taken here. */
const allowedLicences = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
  'Unlicense',
  'Zlib',
]);

/**
 * Whether an SPDX expression can be met by allowed licences. One that mixes AND and OR is nobody's here.
 * @param {string} expression
 * @returns {boolean}
 */
export function isAllowed(expression) {
  const bare = expression.replace(/^\((.*)\)$/, '$1');
  if (/[()]/.test(bare) || (/ AND /.test(bare) && / OR /.test(bare))) return false;
  const all = bare.split(' AND ');
  return all.length > 1
    ? all.every((one) => allowedLicences.has(one))
    : bare.split(' OR ').some((one) => allowedLicences.has(one));
}

/**
 * What `package.json` says of install scripts must be said of each package that has some, and of no other.
 * @param {import('./packages.mjs').Lock} lock
 * @param {{ allowScripts?: Readonly<Record<string, boolean>> }} manifest
 * @returns {string[]}
 */
export function faultsOfScripts({ packages }, { allowScripts = {} }) {
  const withScripts = Object.entries(packages).filter(([, { hasInstallScript }]) => hasInstallScript === true);
  const names = new Set(withScripts.map(([path]) => path.split('node_modules/').at(-1) ?? path));
  const listed = new Set(Object.keys(allowScripts));
  return [
    ...[...names].filter((name) => !listed.has(name)).map((name) => `${name} has an install script: allowScripts`),
    ...[...listed].filter((name) => !names.has(name)).map((name) => `${name} has no install script: allowScripts`),
  ];
}

/** @returns {string[]} */
function faults() {
  const found = installedPackages(root);
  const lock = /** @type {import('./packages.mjs').Lock} */ (readJson(join(root, 'package-lock.json')));
  const manifest = /** @type {object} */ (readJson(join(root, 'package.json')));
  const licences = found.filter(({ licence }) => !isAllowed(licence));
  return [
    ...licences.map(({ name, version, licence }) => `${name} ${version}: the licence ${licence} is on no list`),
    ...faultsOfScripts(lock, manifest),
  ];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const all = faults();
  for (const fault of all) process.stderr.write(`${fault}\n`);
  if (all.length === 0) process.stdout.write('licences and install scripts are as they are listed\n');
  process.exitCode = all.length === 0 ? 0 : 1;
}
