import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';
import { describe, expect, test } from 'vitest';
import { rooms } from '../scripts/house.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const sources = readdirSync(`${root}src`, { withFileTypes: true });

test('each folder of src/ is a room of the house, and nothing lies beside them', () => {
  expect(sources.filter((entry) => !entry.isDirectory())).toEqual([]);
  expect(sources.map(({ name }) => name).sort()).toEqual(Object.keys(rooms).sort());
});

test('arrows go one way: no room reaches itself', () => {
  const reached = (room: string, on: readonly string[]): void => {
    expect(on, `${room} is reached from itself`).not.toContain(room);
    for (const next of rooms[room]!.may) reached(next, [...on, room]);
  };
  for (const room of Object.keys(rooms)) reached(room, []);
});

test('each port is a file of its room', () => {
  const named = Object.entries(rooms).flatMap(([room, { ports }]) => ports.map((port) => `src/${room}/${port}.ts`));
  expect(named.filter((path) => !path.endsWith('/*.ts') && !existsSync(`${root}${path}`))).toEqual([]);
});

test('the picture in docs/architecture.md shows these rooms and these arrows', () => {
  const page = readFileSync(`${root}docs/architecture.md`, 'utf8');
  const picture = /```mermaid\n(.*?)```/s.exec(page)?.[1] ?? '';
  const drawn = new Map<string, Set<string>>();
  for (const line of picture.split('\n').slice(1)) {
    const [from, to = ''] = line.trim().split(/ -\.?-?> /);
    if (from === undefined || from === '') continue;
    const all = drawn.get(from) ?? drawn.set(from, new Set()).get(from)!;
    for (const room of to.split(' & ')) if (room !== '') all.add(room);
  }
  expect(drawn).toEqual(new Map(Object.entries(rooms).map(([room, { may }]) => [room, new Set(may)])));
});

describe('the linter', () => {
  // Without types: texts of files that do not exist have none, and these rules need none.
  const eslint = new ESLint({ cwd: root, overrideConfig: [tseslint.configs.disableTypeChecked] });
  const rules = ['no-restricted-imports', 'no-restricted-syntax', 'no-restricted-properties', 'no-undef'];
  const refusals = async (filePath: string, text: string): Promise<string[]> => {
    const [result] = await eslint.lintText(text, { filePath: `${root}${filePath}` });
    expect(result!.messages.filter(({ fatal }) => fatal === true)).toEqual([]);
    return result!.messages.map(({ ruleId }) => ruleId ?? '').filter((rule) => rules.includes(rule));
  };
  const from = (path: string): string => `import { a } from '${path}';\na();\n`;

  test.each([
    ['a room above', 'src/gateway/a.ts', from('../process/stores.ts')],
    ['a room above, from a folder deeper', 'src/queries/deep/a.ts', from('../../gateway/gateway.ts')],
    ['an adapter of a port', 'src/projections/a.ts', from('../read-model/mongodb/mongo-read-model.ts')],
    ['an adapter of a port, by its folder', 'src/queries/a.ts', from('../event-store/embedded/commit-log.ts')],
    ['a file that is no port', 'src/cli/a.ts', from('../process/stores.ts')],
    ['a file whose name begins as a port does', 'src/cli/a.ts', from('../process/lifecycle-of-others.ts')],
    ['anything, into the domain', 'src/domain/a.ts', from('../shared/errors.ts')],
    ['a type', 'src/domain/a.ts', `import type { A } from '../shared/errors.ts';\nexport type B = A;\n`],
    ['a type in place', 'src/domain/a.ts', `export type B = import('../shared/errors.ts').A;\n`],
    ['what is passed on', 'src/domain/a.ts', `export { a } from '../shared/errors.ts';\n`],
    ['at run time', 'src/gateway/a.ts', `await import('../process/stores.ts');\n`],
    ['a worker of another room', 'src/gateway/a.ts', `new URL('../projections/fold-worker.ts', import.meta.url);\n`],
    [
      'a worker of another room, by name',
      'src/gateway/a.ts',
      `workerUrl('../projections/fold-worker', import.meta.url);\n`,
    ],
    ['a package of another place', 'src/gateway/a.ts', from('mongodb')],
    ['a part of such a package', 'src/commands/a.ts', from('@eventstore/db-client/generated/streams_pb.js')],
    ['such a package at run time', 'src/commands/a.ts', `await import('mongodb');\n`],
    ['an adapter into another adapter', 'src/read-model/embedded/a.ts', from('mongodb')],
    ['a tool into the server', 'src/cli/a.ts', from('@weiliao/load')],
    ['sources of the server into a tool, by path', 'tools/load/src/a.ts', from('../../../src/domain/ids.ts')],
    ['a package of the server into the client', 'packages/client/src/a.ts', from('ws')],
  ])('refuses an import of %s', async (_what, file, text) => {
    expect(await refusals(file, text)).toHaveLength(1);
  });

  test.each([
    ['a port', 'src/gateway/a.ts', from('../event-store/event-store.ts')],
    ['a port, from a folder deeper', 'src/queries/deep/a.ts', from('../../commands/commands.ts')],
    ['any file of a room that is all ports', 'src/commands/a.ts', from('../shared/back-off.ts')],
    ['a file of the same room', 'src/event-store/a.ts', from('./embedded/commit-log.ts')],
    ['a file of the same room, upwards', 'src/event-store/embedded/a.ts', from('../event-store.ts')],
    ['a package at its place', 'src/read-model/mongodb/a.ts', from('mongodb')],
    ['a package that anybody may know', 'src/gateway/a.ts', from('zod')],
    ['the server by its name, into a tool', 'tools/stand-in/src/a.ts', from('weiliao/event-store')],
  ])('lets pass an import of %s', async (_what, file, text) => {
    expect(await refusals(file, text)).toEqual([]);
  });

  test('refuses process.env outside of the settings', async () => {
    expect(await refusals('src/gateway/a.ts', 'process.env.A;\n')).toEqual(['no-restricted-properties']);
    expect(await refusals('src/shared/config.ts', 'process.env.A;\n')).toEqual([]);
  });

  test.each(['scripts/a.mjs', 'test/support/a.mjs', 'a.config.mjs'])(
    'refuses a name in %s that stands for nothing',
    async (file) => {
      expect(await refusals(file, 'nobodyKnowsThis();\n')).toEqual(['no-undef']);
      expect(await refusals(file, 'setTimeout(process.exit, 1);\n')).toEqual([]);
    },
  );

  test.each([
    ['a file of more than 250 lines', 'max-lines', 'f();\n'.repeat(251)],
    ['a function of more than 60 lines', 'max-lines-per-function', `function f() {\n${'f();\n'.repeat(60)}}\nf();\n`],
    ['more than three parameters', 'max-params', 'export function f(a, b, c, d) {\n  return [a, b, c, d];\n}\n'],
    ['more than ten ways through', 'complexity', `export function f(a) {\n${'if (a) f();\n'.repeat(10)}}\n`],
  ])('refuses %s', async (_what, rule, text) => {
    for (const file of ['src/gateway/a.ts', 'tools/load/src/a.ts', 'packages/client/src/a.ts']) {
      const [result] = await eslint.lintText(text, { filePath: `${root}${file}` });
      expect(result!.messages.map(({ ruleId }) => ruleId)).toContain(rule);
    }
  });
});
