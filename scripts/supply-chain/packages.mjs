import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A package that the server runs with, as it is installed.
 * @typedef {{ name: string, version: string, licence: string, texts: readonly string[] }} Package
 */

/**
 * What of a package-lock.json is looked at.
 * @typedef {{ packages: Readonly<Record<string, { dev?: boolean, devOptional?: boolean, link?: boolean,
 *   hasInstallScript?: boolean }>> }} Lock
 */

const kept = /^(licen[cs]e|copying|notice|copyright)([.-].*)?$/i;

/**
 * @param {string} path
 * @returns {unknown}
 */
export function readJson(path) {
  return JSON.parse(readFileSync(path, 'utf8'));
}

/**
 * Packages beside those of this repository that the server or its tools run with, as far as they are installed: an image
 * has none of the tools, and a system none of those for others.
 * @param {string} root
 * @returns {Package[]}
 */
export function installedPackages(root) {
  const { packages } = /** @type {Lock} */ (readJson(join(root, 'package-lock.json')));
  const runs = Object.entries(packages).filter(
    ([path, { dev, devOptional, link }]) =>
      path.includes('node_modules/') && dev !== true && devOptional !== true && link !== true,
  );
  /** @type {Map<string, Package>} */
  const found = new Map();
  for (const [path] of runs) {
    const folder = join(root, path);
    if (!existsSync(folder)) continue;
    const one = packageIn(folder);
    found.set(`${one.name}@${one.version}`, one);
  }
  if (found.size === 0) throw new Error('nothing is installed; run npm ci');
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * @param {string} folder
 * @returns {Package}
 */
function packageIn(folder) {
  const manifest = /** @type {{ name: string, version: string, license?: unknown, licenses?: unknown }} */ (
    readJson(join(folder, 'package.json'))
  );
  const files = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile() && kept.test(entry.name));
  return {
    name: manifest.name,
    version: manifest.version,
    licence: licenceOf(manifest.license ?? manifest.licenses),
    texts: files.map(({ name }) => readFileSync(join(folder, name), 'utf8').trim()),
  };
}

/**
 * Old packages have objects, or lists of them.
 * @param {unknown} told
 * @returns {string}
 */
function licenceOf(told) {
  if (typeof told === 'string') return told;
  if (Array.isArray(told)) return told.map(licenceOf).join(' OR ');
  if (typeof told === 'object' && told !== null && 'type' in told) return String(told.type);
  return 'none';
}
