// Writes the licences of the packages that the server runs with, as they ask for: name, version, licence, text.
// `node scripts/supply-chain/notices.mjs FILE`; made for each image, and kept by no repository.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { installedPackages } from './packages.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const [path] = process.argv.slice(2);

if (path === undefined) {
  process.stderr.write('notices.mjs needs the name of a file\n');
  process.exitCode = 2;
} else {
  const packages = installedPackages(root);
  const parts = packages.map(({ name, version, licence, texts }) => {
    const body = texts.length > 0 ? texts.join('\n\n') : 'The package holds no text of its licence.';
    return `${name} ${version}\nLicence: ${licence}\n\n${body}\n`;
  });
  const rule = `\n${'-'.repeat(80)}\n\n`;
  writeFileSync(path, `weiliao runs with the following packages of others.\n${rule}${parts.join(rule)}`);
  process.stdout.write(`${path}: ${packages.length} packages\n`);
}
