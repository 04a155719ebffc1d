import tseslint from 'typescript-eslint';
import importX from 'eslint-plugin-import-x';

/**
 * The house: each room, and the rooms it may import from. Arrows go one way; an import against one fails CI.
 * errors, logger, config and metrics are the walls: every room may lean on them (domain leans on nothing).
 */
const walls = ['errors.ts', 'logger.ts', 'config.ts', 'metrics.ts'];
const rooms = {
  domain: [],
  'event-store': ['domain', ...walls],
  'read-model': ['domain', ...walls],
  commands: ['domain', 'event-store', 'read-model', ...walls],
  projections: ['domain', 'event-store', 'read-model', ...walls],
  gateway: ['domain', 'event-store', 'read-model', 'commands', 'auth.ts', ...walls],
  queries: ['domain', 'event-store', 'read-model', 'commands', 'auth.ts', ...walls],
  client: ['domain'],
};

const zones = Object.entries(rooms).map(([room, allowed]) => ({
  target: `./src/${room}`,
  from: './src',
  except: [room, ...allowed].map((name) => `./${name}`),
  message: `${room} may import ${allowed.join(', ') || 'nothing of the house'} only`,
}));

/** Packages that only one place may know. */
const kept = [
  { group: ['@eventstore/db-client', '@eventstore/db-client/*'], home: 'src/event-store/' },
  { group: ['mongodb'], home: 'src/read-model/mongodb/' },
  { group: ['uWebSockets.js'], home: 'src/gateway/' },
  { group: ['@photostructure/sqlite', 'node:sqlite'], home: 'the two embedded/ folders' },
];

function keepPackages(except) {
  const patterns = kept
    .filter(({ group }) => !except.includes(group[0]))
    .map(({ group, home }) => ({ group, message: `imported in ${home} only` }));
  return { 'no-restricted-imports': ['error', { patterns }] };
}

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', 'coverage/', 'data/'] },
  {
    files: ['src/**/*.ts', 'test/**/*.ts', 'bench/**/*.ts', '*.config.ts'],
    extends: [...tseslint.configs.strictTypeChecked],
    plugins: { 'import-x': importX },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      // Objects here are made by functions and know no `this`.
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      'import-x/no-default-export': 'error',
      eqeqeq: 'error',
      'no-console': 'error',
    },
  },
  {
    files: ['src/**/*.ts'],
    rules: {
      'import-x/no-restricted-paths': ['error', { basePath: import.meta.dirname, zones }],
      'no-restricted-properties': ['error', { object: 'process', property: 'env', message: 'src/config.ts only' }],
      ...keepPackages([]),
    },
  },
  { files: ['src/config.ts'], rules: { 'no-restricted-properties': 'off' } },
  { files: ['src/gateway/**/*.ts'], rules: keepPackages(['uWebSockets.js']) },
  { files: ['src/event-store/**/*.ts'], rules: keepPackages(['@eventstore/db-client']) },
  { files: ['src/*/embedded/**/*.ts'], rules: keepPackages(['@photostructure/sqlite']) },
  {
    files: ['test/**/*.ts', 'bench/**/*.ts', '*.config.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      'import-x/no-default-export': 'off',
      'no-console': 'off',
    },
  },
);
