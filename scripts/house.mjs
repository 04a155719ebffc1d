/**
 * The house: each room of `src/`, the rooms it may import from, and its ports: the only files of it that others may
 * import. Arrows go one way. The linter holds every import to this; a test holds the picture in docs/architecture.md,
 * and the folders, to it.
 *
 * @type {Readonly<Record<string, { may: readonly string[], ports: readonly string[] }>>}
 */
export const rooms = {
  domain: { may: [], ports: ['*'] },
  protocol: { may: ['domain'], ports: ['*'] },
  shared: { may: ['protocol'], ports: ['*'] },
  'event-store': {
    may: ['domain', 'shared'],
    ports: ['event-store', 'follow-event-store', 'log-identity', 'open-event-store', 'own-streams', 'stream-hash'],
  },
  'read-model': {
    may: ['domain', 'shared', 'event-store'],
    ports: ['read-model', 'documents', 'lease', 'construction', 'open-read-model', 'open-construction', 'timed'],
  },
  commands: {
    may: ['domain', 'shared', 'event-store', 'read-model'],
    ports: ['commands', 'create-commands', 'users'],
  },
  projections: {
    may: ['domain', 'shared', 'event-store', 'read-model'],
    ports: ['checkpoint', 'compare', 'consumer', 'projector-thread', 'rebuild', 'verify'],
  },
  auth: { may: ['domain', 'shared'], ports: ['authenticator', 'client-address', 'door'] },
  gateway: {
    may: ['domain', 'protocol', 'shared', 'event-store', 'read-model', 'commands', 'auth'],
    ports: ['gateway', 'feed'],
  },
  queries: {
    may: ['domain', 'protocol', 'shared', 'event-store', 'read-model', 'commands', 'auth'],
    ports: ['api', 'context', 'waiting-api'],
  },
  process: {
    may: [
      'domain',
      'protocol',
      'shared',
      'event-store',
      'read-model',
      'commands',
      'projections',
      'auth',
      'gateway',
      'queries',
    ],
    ports: ['addresses', 'end-wish', 'start-server', 'lifecycle', 'end-sessions', 'safe-process'],
  },
  cli: { may: ['domain', 'shared', 'event-store', 'read-model', 'projections', 'process'], ports: [] },
};

/** Packages that only one place may know. */
export const packages = {
  '@eventstore/db-client': ['src/event-store/eventstoredb/'],
  '@grpc/grpc-js': ['src/event-store/eventstoredb/', 'tools/stand-in/'],
  protobufjs: ['src/event-store/eventstoredb/'],
  mongodb: ['src/read-model/mongodb/'],
  'uWebSockets.js': ['src/gateway/'],
  ws: ['src/gateway/'],
  react: ['packages/web/'],
  'react-dom': ['packages/web/'],
  '@photostructure/sqlite': ['src/event-store/embedded/', 'src/read-model/embedded/'],
};
