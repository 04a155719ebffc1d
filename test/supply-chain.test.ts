import { readFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { judge } from '../scripts/supply-chain/audit.mjs';
import { faultsOfScripts, isAllowed } from '../scripts/supply-chain/check.mjs';
import { installedPackages } from '../scripts/supply-chain/packages.mjs';
import { temporaryFolder } from './support/folder.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

test.each([
  ['MIT', true],
  ['(MIT OR CC0-1.0)', true],
  ['BSD-3-Clause AND Apache-2.0', true],
  ['(MIT AND GPL-3.0)', false],
  ['AGPL-3.0-only', false],
  ['SSPL-1.0', false],
  ['(MIT AND (GPL-2.0 OR ISC))', false],
  ['MIT OR GPL-2.0 AND LGPL-3.0', false],
  ['UNLICENSED', false],
  ['SEE LICENSE IN LICENSE.md', false],
  ['none', false],
])('the licence %s is allowed: %s', (expression, allowed) => {
  expect(isAllowed(expression)).toBe(allowed);
});

test('every package that the server runs with has an allowed licence', () => {
  const packages = installedPackages(root);
  expect(packages.map(({ name }) => name)).toEqual(expect.arrayContaining(['fastify', 'mongodb', 'zod']));
  expect(packages.filter(({ licence }) => !isAllowed(licence))).toEqual([]);
});

describe('packages with install scripts', () => {
  const lock = (...names: string[]) => ({
    packages: Object.fromEntries(names.map((name) => [`node_modules/${name}`, { hasInstallScript: true }])),
  });

  test('are those that package.json names, and no other', () => {
    const [own, manifest] = ['package-lock.json', 'package.json'].map(
      (name) => JSON.parse(readFileSync(join(root, name), 'utf8')) as never,
    );
    expect(faultsOfScripts(own!, manifest!)).toEqual([]);
  });

  test('are told by name where they are on no list, or no longer there', () => {
    const allowed = { allowScripts: { known: false, gone: false } };
    const faults = faultsOfScripts(lock('known', 'other/node_modules/@new/one'), allowed);
    expect(faults).toEqual([
      '@new/one has an install script: allowScripts',
      'gone has no install script: allowScripts',
    ]);
  });
});

test('the notices hold name, version, licence and text of each package', () => {
  const file = join(temporaryFolder(), 'notices');
  execFileSync(process.execPath, [join(root, 'scripts/supply-chain/notices.mjs'), file]);
  const text = readFileSync(file, 'utf8');
  for (const { name, version, licence, texts } of installedPackages(root)) {
    expect(text).toContain(`${name} ${version}\nLicence: ${licence}\n\n${texts[0] ?? ''}`);
  }
});

describe('an audit', () => {
  const answer = (severity: string) =>
    JSON.stringify({
      vulnerabilities: { bad: { severity, via: [] } },
      metadata: { vulnerabilities: { [severity]: 1, total: 1 } },
    });

  test.each(['high', 'critical'])('fails for a hole of weight %s and names the package', (severity) => {
    expect(judge(answer(severity), '')).toEqual({ lines: [`bad: ${severity}`], code: 1 });
  });

  test('tells of lighter ones, and passes', () => {
    expect(judge(answer('moderate'), '')).toEqual({
      lines: ['no known hole of weight high or critical; 1 moderate'],
      code: 0,
    });
  });

  test.each([
    ['{"message":"405 Method Not Allowed"}', '', '405 Method Not Allowed'],
    ['', 'npm error ENOTFOUND\nmore', 'npm error ENOTFOUND'],
    ['{"error":{"summary":"no network"}}', '', 'no network'],
  ])('that got no answer (%s) says that it was skipped', (stdout, stderr, why) => {
    const { lines, code } = judge(stdout, stderr);
    expect(lines).toEqual([`SKIPPED: known holes in packages: the registry could not be asked (${why})`]);
    expect(code).toBe(0);
  });
});
