import { z } from 'zod';
import { addresses, flag, list, origins, partition, path, port, url, wholeNumber } from './forms.ts';

export const roles = ['gateway', 'projector', 'api'] as const;
export type Role = (typeof roles)[number];

/** What a setting is: the form of its text, and what people are told of it. */
interface Setting<Form extends z.ZodType> {
  readonly form: Form;
  readonly meaning: string;
  /** The value where it is not set, in words. */
  readonly unset: string;
}

function setting<Form extends z.ZodType>(form: Form, unset: string, meaning: string): Setting<Form> {
  return { form, unset, meaning };
}

const text = z.string().min(1);

/** Limits that tell people apart: what they are where the server is exposed. Elsewhere they are off. */
export const exposedLimits = {
  MAX_IN_FLIGHT_PER_USER: 500,
  RATE_LIMIT: 500,
  HELLO_RATE: 100,
  LOOKUP_RATE: 50,
  REFUSAL_RATE: 50,
  MAX_SOCKETS_PER_USER: 100,
  MAX_SOCKETS_PER_ADDRESS: 1_000,
} as const;

function exposedLimit(name: keyof typeof exposedLimits, meaning: string) {
  return setting(wholeNumber(0).optional(), `${exposedLimits[name]} where exposed, else 0`, meaning);
}

/** Every setting, by the variable's name. docs/settings.md and `start --help` are made from it. */
export const settings = {
  HOST: setting(text.default('127.0.0.1'), '127.0.0.1', 'address of the listeners'),
  HTTP_PORT: setting(port.default(9092), '9092', 'REST, the page and sockets; 0: any free port'),
  WS_PORT: setting(port.default(9093), '9093', 'sockets alone, for a load balancer; 0: any free port'),
  OPS_PORT: setting(
    port.optional(),
    'none',
    'a listener on loopback for `/metrics` and the details of `/readyz`; without it they are on `HTTP_PORT` where `HOST` is loopback, else nowhere',
  ),
  BASE_PATH: setting(
    path.default(''),
    'none',
    'path under which a proxy shows this server, for example `/chat`; the proxy may take it away or pass it on',
  ),
  DATA_DIR: setting(text.default('./data'), './data', 'folder of embedded stores'),
  EVENTSTORE_URL: setting(
    url('esdb', 'esdb+discover').optional(),
    'embedded',
    'the log: `esdb://…`, `esdb+discover://…`',
  ),
  MONGODB_URL: setting(
    url('mongodb', 'mongodb+srv').optional(),
    'embedded',
    'the read model: `mongodb://…/database`, `mongodb+srv://…`',
  ),
  ROLES: setting(
    list
      .pipe(z.array(z.enum(roles, `each must be one of ${roles.join(', ')}`)).min(1, 'must name at least one role'))
      .default([...roles]),
    roles.join(','),
    'what this process does; all of it with embedded stores',
  ),
  FEED: setting(
    z.enum(['catch-up', 'persistent']).default('catch-up'),
    'catch-up',
    'where live events come from; `persistent` needs EventStoreDB',
  ),
  GATEWAY_ID: setting(
    z
      .string()
      .regex(/^[A-Za-z0-9._-]{1,64}$/, 'must be 1 to 64 of A-Z a-z 0-9 . _ -')
      .optional(),
    'random',
    "this gateway's name in the stores; unique",
  ),
  PROJECTOR_PARTITION: setting(partition.default({ index: 1, count: 1 }), '1/1', 'share i/n of a projector, MongoDB'),

  AUTH: setting(
    z.enum(['none', 'jwt', 'proxy']).default('none'),
    'none',
    '`none`: clients name themselves; `jwt`: tokens; `proxy`: a header that a proxy in front sets',
  ),
  INSECURE: setting(flag.default(false), '0', '`1`: `AUTH=none` is meant on an address that others reach'),
  USER_HEADER: setting(
    z
      .string()
      .regex(/^[A-Za-z0-9-]{1,64}$/, 'must be the name of a header')
      .transform((name) => name.toLowerCase())
      .optional(),
    'none',
    'for `proxy`: the header that names the user, at REST and at the upgrade',
  ),
  JWT_SECRET: setting(text.optional(), 'none', 'for `jwt`: HS256, 32 bytes at least'),
  JWT_PUBLIC_KEY: setting(text.optional(), 'none', 'for `jwt`: PEM: RSA, EC or Ed25519'),
  JWKS_URL: setting(url('http', 'https').optional(), 'none', 'for `jwt`: where to fetch keys; https, but for loopback'),
  JWT_AUDIENCE: setting(
    list.default([]),
    'none',
    'one of these must be in `aud`; without it no token with `aud` is taken',
  ),
  JWT_ISSUER: setting(list.default([]), 'any', '`iss` must be one of these'),
  JWT_USER_CLAIM: setting(text.default('sub'), 'sub', 'claim that names the user; `a.b` for one inside another'),
  JWT_NAME_CLAIM: setting(text.optional(), 'none', 'claim with the name that people see; users then choose none'),
  JWT_REQUIRE_EXP: setting(flag.default(true), '1', '`0`: tokens without an end are taken'),
  JWT_MAX_AGE_S: setting(wholeNumber(0).default(0), '0 (any)', 'greatest age of a token in seconds, by its `iat`'),

  ALLOWED_ORIGINS: setting(
    origins.optional(),
    'the same host; on loopback also origins on loopback',
    'web origins that may call REST and open sockets, comma-separated; `*`: all',
  ),
  CORS_ORIGINS: setting(origins.optional(), '', 'the old name of `ALLOWED_ORIGINS`'),
  TRUST_PROXY: setting(
    addresses.optional(),
    'nobody',
    'proxies whose `X-Forwarded-For` is believed: addresses, networks, or `loopback`',
  ),
  DIRECTORY: setting(
    z
      .enum(['on', 'off'])
      .transform((value) => value === 'on')
      .optional(),
    'on with `AUTH=none`, else off',
    'whether users can search all users by id and name',
  ),

  COMMAND_TIMEOUT_MS: setting(
    wholeNumber(1, 600_000).default(5_000),
    '5000',
    'then a command is answered `STORE_UNAVAILABLE`',
  ),
  MAX_IN_FLIGHT: setting(
    wholeNumber(1).default(10_000),
    '10000',
    'commands without an outcome in this process, then `OVERLOADED`',
  ),
  MAX_IN_FLIGHT_PER_USER: exposedLimit('MAX_IN_FLIGHT_PER_USER', 'the same of one user; 0: no limit of its own'),
  RATE_LIMIT: exposedLimit(
    'RATE_LIMIT',
    'commands of a user a second (sends, reads and changes), then `RATE_LIMITED`; 0: no limit',
  ),
  HELLO_RATE: exposedLimit('HELLO_RATE', 'sockets, logins and registrations of an address a second; 0: no limit'),
  LOOKUP_RATE: exposedLimit('LOOKUP_RATE', 'look-ups of ids that are not there, a second and caller; 0: no limit'),
  REFUSAL_RATE: exposedLimit(
    'REFUSAL_RATE',
    'refused frames of a socket in ten seconds; then it is closed; 0: no limit',
  ),
  MAX_SOCKETS: setting(
    wholeNumber(1).optional(),
    'the file descriptors of the process, less a reserve',
    'sockets of this process',
  ),
  MAX_SOCKETS_PER_USER: exposedLimit('MAX_SOCKETS_PER_USER', 'sockets of one user; 0: no limit'),
  MAX_SOCKETS_PER_ADDRESS: exposedLimit('MAX_SOCKETS_PER_ADDRESS', 'sockets from one address; 0: no limit'),
  MAX_QUERIES: setting(wholeNumber(1).default(512), '512', 'REST requests under way, then `OVERLOADED`'),
  MAX_ANSWER_BYTES: setting(
    wholeNumber(1_048_576).default(67_108_864),
    '67108864',
    'bytes of answers over REST that nobody has taken yet, in all; then `OVERLOADED`',
  ),
  MAX_BUFFERED_BYTES: setting(
    wholeNumber(1_024, 1_073_741_824).default(1_048_576),
    '1048576',
    'unsent bytes per socket, then close 4008',
  ),
  DRAIN_MS: setting(wholeNumber(0, 600_000).default(10_000), '10000', 'SIGTERM closes sockets spread over this time'),
  DEMO_USERS: setting(flag.default(false), '0', '`1`: register the demo users (`npm start` does)'),
  LOG_LEVEL: setting(
    z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
    'info',
    '`trace`, `debug`, `info`, `warn`, `error`, `fatal`, `silent`',
  ),
  LOG_REQUESTS: setting(flag.default(false), '0', '`1`: a line for each request over REST and each socket'),
} as const;

export type SettingName = keyof typeof settings;

/** The settings as they were given, each in its form. */
export type Given = { readonly [Name in SettingName]: z.output<(typeof settings)[Name]['form']> };

/** Settings that hold a secret: each may come from a file instead, named by the variable with `_FILE` at its end. */
export const secretSettings = [
  'EVENTSTORE_URL',
  'MONGODB_URL',
  'JWT_SECRET',
  'JWT_PUBLIC_KEY',
  'JWKS_URL',
] as const satisfies readonly SettingName[];

export const settingsSchema = z.object(
  Object.fromEntries(Object.entries(settings).map(([name, { form }]) => [name, form])),
) as unknown as z.ZodType<Given>;
