import { resolve } from 'node:path';
import { z } from 'zod';
import { OperatorError } from './errors.ts';

export const roles = ['gateway', 'projector', 'api'] as const;
export type Role = (typeof roles)[number];

/** Digits and nothing else: what looks like anything but a number is not guessed at. */
function wholeNumber(min: number, max = Number.MAX_SAFE_INTEGER) {
  const error = `must be a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^[0-9]{1,16}$/, error)
    .transform(Number)
    .refine((number) => number >= min && number <= max, error);
}

const port = wholeNumber(0, 65_535);

const list = z.string().transform((text) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== ''),
);

const url = (...protocols: readonly string[]) =>
  z
    .string()
    .refine(
      (text) => protocols.some((protocol) => text.startsWith(`${protocol}://`)),
      `must begin with ${protocols.map((protocol) => `${protocol}://`).join(' or ')}`,
    );

const partition = z
  .string()
  .regex(/^[1-9][0-9]{0,3}\/[1-9][0-9]{0,3}$/, 'must be i/n, for example 1/4')
  .transform((text) => {
    const [index = 1, count = 1] = text.split('/').map(Number);
    return { index, count } satisfies Partition;
  })
  .refine(({ index, count }) => index <= count, 'must be i/n with i at most n');

/** Every setting: its form and its default. README.md tells what each is for. */
const environmentSchema = z.object({
  HOST: z.string().min(1).default('127.0.0.1'),
  HTTP_PORT: port.default(9092),
  WS_PORT: port.default(9093),
  DATA_DIR: z.string().min(1).default('./data'),
  EVENTSTORE_URL: url('esdb', 'esdb+discover').optional(),
  MONGODB_URL: url('mongodb', 'mongodb+srv').optional(),
  ROLES: list
    .pipe(z.array(z.enum(roles, `each must be one of ${roles.join(', ')}`)).min(1, 'must name at least one role'))
    .default([...roles]),
  FEED: z.enum(['catch-up', 'persistent']).default('catch-up'),
  GATEWAY_ID: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,64}$/, 'must be 1 to 64 of A-Z a-z 0-9 . _ -')
    .optional(),
  PROJECTOR_PARTITION: partition.default({ index: 1, count: 1 }),
  AUTH: z.enum(['none', 'jwt']).default('none'),
  JWT_SECRET: z.string().min(1).optional(),
  JWT_PUBLIC_KEY: z.string().min(1).optional(),
  JWKS_URL: url('http', 'https').optional(),
  CORS_ORIGINS: list.default([]),
  COMMAND_TIMEOUT_MS: wholeNumber(1, 600_000).default(5_000),
  MAX_IN_FLIGHT: wholeNumber(1).default(10_000),
  RATE_LIMIT: wholeNumber(0).default(0),
  MAX_BUFFERED_BYTES: wholeNumber(1_024, 1_073_741_824).default(1_048_576),
  DRAIN_MS: wholeNumber(0, 600_000).default(10_000),
  DEMO_USERS: z.enum(['0', '1']).default('0'),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
});

export type Auth =
  | { readonly mode: 'none' }
  | {
      readonly mode: 'jwt';
      readonly secret: string | undefined;
      /** PEM: RS256, ES256 or EdDSA, as the key says. */
      readonly publicKey: string | undefined;
      readonly jwksUrl: string | undefined;
    };

/** Where the log is. */
export type LogSettings =
  | { readonly kind: 'embedded'; readonly dataDir: string }
  /** `url`: connection string of @eventstore/db-client. */
  | { readonly kind: 'eventstoredb'; readonly url: string };

/** Where the read model is. */
export type ReadModelSettings =
  | { readonly kind: 'embedded'; readonly dataDir: string }
  /** `url`: connection string of the MongoDB driver. */
  | { readonly kind: 'mongodb'; readonly url: string };

/** A projector's share of the conversations: `index` of `count`, from 1. */
export interface Partition {
  readonly index: number;
  readonly count: number;
}

export interface Config {
  readonly host: string;
  /** 0: any free port; the `ready` line tells which. */
  readonly httpPort: number;
  readonly wsPort: number;
  /** Absolute. */
  readonly dataDir: string;
  readonly log: LogSettings;
  readonly readModel: ReadModelSettings;
  readonly roles: ReadonlySet<Role>;
  readonly feed: 'catch-up' | 'persistent';
  /** Names this gateway's persistent subscription; undefined: one of its own at every start. */
  readonly gatewayId: string | undefined;
  readonly partition: Partition;
  readonly auth: Auth;
  /** Empty: in mode jwt no origin may read answers; in mode none every one may. */
  readonly corsOrigins: readonly string[];
  /** Milliseconds. */
  readonly commandTimeoutMs: number;
  /** Commands per gateway. */
  readonly maxInFlight: number;
  /** Sends per user and second; 0: no limit. */
  readonly rateLimit: number;
  /** Unsent bytes per socket. */
  readonly maxBufferedBytes: number;
  /** Milliseconds. */
  readonly drainMs: number;
  readonly demoUsers: boolean;
  readonly logLevel: string;
}

/** Settings that cannot be used, a line each. */
export class SettingsError extends OperatorError {}

/**
 * Reads the settings. Throws `SettingsError` with one line per fault. An empty variable counts as not set, as compose
 * files and shells make them.
 */
export function readConfig(environment: NodeJS.ProcessEnv = process.env): Config {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = environmentSchema.safeParse(given);
  const faults = parsed.success
    ? contradictions(parsed.data)
    : parsed.error.issues.map((issue) => `${String(issue.path[0])}: ${issue.message}`);
  if (!parsed.success || faults.length > 0) throw new SettingsError(faults.join('\n'));
  const env = parsed.data;
  const dataDir = resolve(env.DATA_DIR);
  return {
    host: env.HOST,
    httpPort: env.HTTP_PORT,
    wsPort: env.WS_PORT,
    dataDir,
    log:
      env.EVENTSTORE_URL === undefined
        ? { kind: 'embedded', dataDir }
        : { kind: 'eventstoredb', url: env.EVENTSTORE_URL },
    readModel:
      env.MONGODB_URL === undefined ? { kind: 'embedded', dataDir } : { kind: 'mongodb', url: env.MONGODB_URL },
    roles: new Set(env.ROLES),
    feed: env.FEED,
    gatewayId: env.GATEWAY_ID,
    partition: env.PROJECTOR_PARTITION,
    auth: authOf(env),
    corsOrigins: env.CORS_ORIGINS,
    commandTimeoutMs: env.COMMAND_TIMEOUT_MS,
    maxInFlight: env.MAX_IN_FLIGHT,
    rateLimit: env.RATE_LIMIT,
    maxBufferedBytes: env.MAX_BUFFERED_BYTES,
    drainMs: env.DRAIN_MS,
    demoUsers: env.DEMO_USERS === '1',
    logLevel: env.LOG_LEVEL,
  };
}

type Environment = z.infer<typeof environmentSchema>;

function contradictions(env: Environment): string[] {
  const faults: string[] = [];
  const keys = [env.JWT_SECRET, env.JWT_PUBLIC_KEY, env.JWKS_URL].filter((key) => key !== undefined);
  if (env.AUTH === 'jwt' && keys.length !== 1) {
    faults.push('AUTH: jwt needs exactly one of JWT_SECRET, JWT_PUBLIC_KEY, JWKS_URL');
  }
  if (env.AUTH === 'none' && keys.length > 0) {
    faults.push('AUTH: none takes no JWT_SECRET, JWT_PUBLIC_KEY or JWKS_URL; set AUTH=jwt to check tokens');
  }
  if (env.FEED === 'persistent' && env.EVENTSTORE_URL === undefined) {
    faults.push('FEED: persistent needs EVENTSTORE_URL');
  }
  if (env.PROJECTOR_PARTITION.count > 1 && env.MONGODB_URL === undefined) {
    faults.push('PROJECTOR_PARTITION: the embedded read model has one projector, 1/1; set MONGODB_URL');
  }
  return faults;
}

function authOf(env: Environment): Auth {
  if (env.AUTH === 'none') return { mode: 'none' };
  return { mode: 'jwt', secret: env.JWT_SECRET, publicKey: env.JWT_PUBLIC_KEY, jwksUrl: env.JWKS_URL };
}
