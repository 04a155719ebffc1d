import tseslint from 'typescript-eslint';
import { packages, rooms } from './scripts/house.mjs';

/** What files in a folder may not import: other rooms but for their ports, and packages that are known elsewhere only. */
function imports(folder, room) {
  const patterns = Object.entries(packages)
    .filter(([, homes]) => !homes.some((home) => folder.startsWith(home)))
    .map(([name, homes]) => ({ regex: `^${name}(/|$)`, message: `imported in ${homes.join(', ')} only` }));
  if (room !== undefined) {
    const { may } = rooms[room];
    const open = [room, ...may].flatMap((other) =>
      other === room || rooms[other].ports.includes('*')
        ? [`${other}/.*`]
        : rooms[other].ports.map((port) => `${other}/${port}\\.ts$`),
    );
    const places = Object.keys(rooms).join('|');
    const message = `${room} may import the ports of ${may.join(', ') || 'nothing of the house'} only (scripts/house.mjs)`;
    patterns.push({ regex: `^(\\.\\./)+(?!${open.join('|')})(${places})/`, message });
  }
  return { 'no-restricted-imports': ['error', { patterns }] };
}

const ownHomes = [...new Set(Object.values(packages).flat())];
const roomOf = (folder) => /^src\/([^/]+)\//.exec(folder)?.[1];

export default tseslint.config(
  // What is generated is held to its source by a test instead.
  { ignores: ['**/dist/', 'node_modules/', 'coverage/', 'data/', 'src/event-store/eventstoredb/proto/generated/'] },
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      // Objects here are made by functions and know no `this`.
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      'no-restricted-exports': ['error', { restrictDefaultExports: { direct: true, named: true } }],
      eqeqeq: 'error',
      'no-console': 'error',
    },
  },
  {
    files: ['src/**/*.ts', 'packages/*/src/**/*.ts', 'tools/*/src/**/*.ts'],
    rules: {
      'max-lines': ['error', { max: 250 }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      complexity: ['error', 10],
      'max-params': ['error', 3],
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'src/shared/config.ts only' },
      ],
    },
  },
  { files: ['src/shared/config.ts'], rules: { 'no-restricted-properties': 'off' } },
  ...Object.keys(rooms).map((room) => ({ files: [`src/${room}/**/*.ts`], rules: imports(`src/${room}/`, room) })),
  ...['packages/client/', 'tools/load/', 'tools/stand-in/'].map((folder) => ({
    files: [`${folder}**/*.ts`],
    rules: imports(folder),
  })),
  ...ownHomes
    .filter((home) => home.startsWith('src/'))
    .map((home) => ({ files: [`${home}**/*.ts`], rules: imports(home, roomOf(home)) })),
  {
    files: ['test/**/*.ts', 'bench/**/*.ts', '*.config.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      'no-restricted-exports': 'off',
      'no-console': 'off',
    },
  },
);
