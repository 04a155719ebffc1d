import tseslint from 'typescript-eslint';

/**
 * The house: each room, and the rooms it may import from. Arrows go one way; an import against one fails CI.
 * errors, logger, config and metrics are the walls: every room may lean on them (domain leans on nothing).
 */
const walls = ['errors', 'logger', 'config', 'metrics', 'version', 'wire-position', 'back-off'];
const rooms = {
  domain: [],
  'event-store': ['domain', ...walls],
  'read-model': ['domain', ...walls],
  commands: ['domain', 'event-store', 'read-model', ...walls],
  projections: ['domain', 'event-store', 'read-model', ...walls],
  gateway: ['domain', 'event-store', 'read-model', 'commands', 'auth', ...walls],
  queries: ['domain', 'event-store', 'read-model', 'commands', 'auth', ...walls],
  client: ['domain'],
};
const places = [...Object.keys(rooms), ...walls, 'auth', 'cli', 'main', 'health', 'lifecycle', 'listen', 'demo-users'];

/** Packages that only one place may know. */
const packages = {
  '@eventstore/db-client': 'src/event-store/',
  '@grpc/grpc-js': 'src/event-store/',
  'google-protobuf': 'src/event-store/',
  mongodb: 'src/read-model/mongodb/',
  'uWebSockets.js': 'src/gateway/',
  '@photostructure/sqlite': 'the two embedded/ folders',
};

/** Forbids what files in a place may not import: other rooms, and packages but those that are its own. */
function imports(room, ownPackages = []) {
  const allowed = room === undefined ? places : [room, ...rooms[room]];
  const strangers = places.filter((place) => !allowed.includes(place));
  const patterns = Object.entries(packages)
    .filter(([name]) => !ownPackages.includes(name))
    .map(([name, home]) => ({ regex: `^${name}(/|$)`, message: `imported in ${home} only` }));
  if (strangers.length > 0) {
    const regex = `^(\\.\\./)+(${strangers.join('|')})(/|\\.ts$)`;
    const message = `${room} may import ${rooms[room].join(', ') || 'nothing of the house'} only`;
    patterns.push({ regex, message });
  }
  return { 'no-restricted-imports': ['error', { patterns }] };
}

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', 'coverage/', 'data/'] },
  {
    files: ['src/**/*.ts', 'test/**/*.ts', 'bench/**/*.ts', '*.config.ts'],
    extends: [...tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
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
    files: ['src/**/*.ts'],
    rules: {
      'no-restricted-properties': ['error', { object: 'process', property: 'env', message: 'src/config.ts only' }],
      ...imports(),
    },
  },
  { files: ['src/config.ts'], rules: { 'no-restricted-properties': 'off' } },
  ...Object.keys(rooms).map((room) => ({ files: [`src/${room}/**/*.ts`], rules: imports(room) })),
  { files: ['src/gateway/**/*.ts'], rules: imports('gateway', ['uWebSockets.js']) },
  {
    files: ['src/event-store/**/*.ts'],
    rules: imports('event-store', ['@eventstore/db-client', '@grpc/grpc-js', 'google-protobuf']),
  },
  { files: ['src/read-model/mongodb/**/*.ts'], rules: imports('read-model', ['mongodb']) },
  ...['event-store', 'read-model'].map((room) => ({
    files: [`src/${room}/embedded/**/*.ts`],
    rules: imports(room, ['@photostructure/sqlite']),
  })),
  {
    files: ['test/**/*.ts', 'bench/**/*.ts', '*.config.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      'no-restricted-exports': 'off',
      'no-console': 'off',
    },
  },
);
