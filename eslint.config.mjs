import { defineConfig } from 'eslint/config';
import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';
import { packages, rooms } from './scripts/house.mjs';

/**
 * What files in a folder may not import: other rooms but for their ports, and packages that are known elsewhere only.
 * Holds for every form: `import … from`, `import(…)`, a type's `import(…)`, and the address of a worker or a child.
 *
 * @param {string} folder
 * @param {string} [room]
 * @returns {import('eslint').Linter.RulesRecord}
 */
function imports(folder, room) {
  const patterns = Object.entries(packages)
    .filter(([, homes]) => !homes.some((home) => folder.startsWith(home)))
    .map(([name, homes]) => ({ regex: `^${name}(/|$)`, message: `imported in ${homes.join(', ')} only` }));
  if (room !== undefined) patterns.push(otherRooms(room), { regex: '^@?weiliao(/|$)', message: 'src/ needs no tool' });
  patterns.push({ regex: `^(\\.\\./)+(${beside.join('|')})/`, message: 'a package takes another by its name only' });
  const elsewhere = patterns.flatMap(({ regex, message }) => {
    // A selector's regular expression may hold no slash.
    const value = `/${regex.replaceAll('/', '\\u002f')}/`;
    return places.map((place) => ({ selector: `${place}[value=${value}]`, message }));
  });
  return { 'no-restricted-imports': ['error', { patterns }], 'no-restricted-syntax': ['error', ...elsewhere] };
}

/**
 * All files of other rooms but the ports of those that this room may import.
 *
 * @param {string} room
 */
function otherRooms(room) {
  const may = rooms[room]?.may ?? [];
  const ports = may.flatMap(
    (other) => rooms[other]?.ports.map((port) => (port === '*' ? `${other}/.*` : `${other}/${port}\\.ts$`)) ?? [],
  );
  const message = `${room} may import the ports of ${may.join(', ') || 'nothing of the house'} only (scripts/house.mjs)`;
  return {
    regex: `^(\\.\\./)+(?!${[`${room}/`, ...ports].join('|')})(${Object.keys(rooms).join('|')})/`,
    message,
  };
}

/** Folders at the root; nothing is imported from one into another by path. */
const beside = ['src', 'dist', 'packages', 'tools', 'test', 'bench', 'scripts'];

/** Where else than in an import statement the address of a module stands. */
const places = [
  'ImportExpression > Literal',
  'TSImportType Literal',
  'NewExpression[callee.name="URL"] > Literal',
  'CallExpression[callee.name="workerUrl"] > Literal',
];

const ownHomes = [...new Set(Object.values(packages).flat())];
/** @param {string} folder */
const roomOf = (folder) => /^src\/([^/]+)\//.exec(folder)?.[1];

/**
 * Whatever this Node has, no browser's names.
 *
 * @type {Record<string, 'readonly'>}
 */
const nodeGlobals = Object.fromEntries(Object.getOwnPropertyNames(globalThis).map((name) => [name, 'readonly']));

export default defineConfig(
  // What is generated is held to its source by a test instead.
  { ignores: ['**/dist/', 'node_modules/', 'coverage/', 'data/'] },
  {
    files: ['**/*.ts', '**/*.tsx', '**/*.mjs'],
    extends: [...tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: {
        project: ['./tsconfig.json', './packages/web/tsconfig.json'],
        tsconfigRootDir: import.meta.dirname,
      },
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
    files: ['**/*.mjs'],
    // Types are comments here, so the compiler lets more pass: an unknown name of a plain script, for one.
    languageOptions: { globals: nodeGlobals },
    rules: {
      'no-undef': 'error',
      // A cast in a comment is seen by the compiler, but not by these.
      '@typescript-eslint/no-base-to-string': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
    },
  },
  {
    files: ['src/**/*.ts', 'packages/*/src/**/*.{ts,tsx}', 'tools/*/src/**/*.ts'],
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
  ...['packages/client/', 'packages/web/', 'tools/load/', 'tools/stand-in/'].map((folder) => ({
    files: [`${folder}**/*.{ts,tsx}`],
    rules: imports(folder),
  })),
  ...ownHomes
    .filter((home) => home.startsWith('src/'))
    .map((home) => ({ files: [`${home}**/*.ts`], rules: imports(home, roomOf(home)) })),
  { files: ['packages/web/src/**/*.{ts,tsx}'], extends: [reactHooks.configs.flat.recommended] },
  {
    files: ['test/**', 'bench/**', 'scripts/**', '**/*.config.*'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      'no-restricted-exports': 'off',
      'no-console': 'off',
    },
  },
);
