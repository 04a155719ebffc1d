import type { BlockList } from 'node:net';
import { resolve } from 'node:path';
import { contradictions } from './config/contradictions.ts';
import { isLoopback } from './config/forms.ts';
import { misspeltAmong } from './config/misspelt.ts';
import type { Misspelt } from './config/misspelt.ts';
import type { Origins, Partition } from './config/forms.ts';
import { readSecretFiles } from './config/secret-files.ts';
import { exposedLimits, settingsSchema } from './config/settings.ts';
import type { Given, Role } from './config/settings.ts';
import { OperatorError } from './errors.ts';

export type { Partition } from './config/forms.ts';
export type { Role } from './config/settings.ts';

/** Which tokens are taken. */
export interface TokenRules {
  readonly mode: 'jwt';
  readonly secret: string | undefined;
  /** PEM: RS256, ES256 or EdDSA, as the key says. */
  readonly publicKey: string | undefined;
  readonly jwksUrl: string | undefined;
  /** Empty: tokens for some audience are refused. */
  readonly audience: readonly string[];
  /** Empty: any. */
  readonly issuer: readonly string[];
  readonly userClaim: string;
  readonly nameClaim: string | undefined;
  readonly requireExp: boolean;
  /** Seconds; 0: any. */
  readonly maxAgeS: number;
}

export type Auth =
  | { readonly mode: 'none' }
  | TokenRules
  | { readonly mode: 'proxy'; /** In small letters. */ readonly userHeader: string };

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

/** Who may come in from where. */
export interface DoorSettings {
  readonly host: string;
  /** Whether the listeners are reached from this machine alone. */
  readonly loopback: boolean;
  /** Undefined: the same host, and on loopback origins on loopback. */
  readonly allowedOrigins: Origins | undefined;
  /** Who may say X-Forwarded-For. */
  readonly trustedProxies: BlockList | undefined;
}

/** How much anybody may do. 0: no limit, where not said otherwise. */
export interface Limits {
  readonly commandsInFlight: number;
  readonly commandsInFlightPerUser: number;
  /** Commands of a user a second. */
  readonly commandRate: number;
  /** Sockets, logins and registrations of an address a second. */
  readonly helloRate: number;
  /** Look-ups of ids that are not there, a second and caller. */
  readonly lookupRate: number;
  /** Refused frames of a socket in ten seconds. */
  readonly refusalRate: number;
  /** Undefined: as many as there are file descriptors for. */
  readonly sockets: number | undefined;
  readonly socketsPerUser: number;
  readonly socketsPerAddress: number;
  /** Requests over REST under way. */
  readonly queries: number;
  /** Bytes of answers that are not taken yet. */
  readonly answerBytes: number;
  /** Unsent bytes per socket. */
  readonly bufferedBytes: number;
}

export interface Config {
  readonly host: string;
  /** 0: any free port; the `ready` line tells which. */
  readonly httpPort: number;
  readonly wsPort: number;
  /** Undefined: no listener of its own. */
  readonly opsPort: number | undefined;
  /** Before every path by which others reach this server; empty: nothing. */
  readonly basePath: string;
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
  readonly door: DoorSettings;
  readonly limits: Limits;
  /** Whether users can search all users. */
  readonly directory: boolean;
  /** Milliseconds. */
  readonly commandTimeoutMs: number;
  /** Milliseconds. */
  readonly drainMs: number;
  readonly demoUsers: boolean;
  readonly logLevel: string;
  readonly logRequests: boolean;
}

/** Settings that cannot be used, a line each. */
export class SettingsError extends OperatorError {}

/**
 * Reads the settings. Throws `SettingsError` with one line per fault. An empty variable counts as not set, as compose
 * files and shells make them.
 */
export function readConfig(environment: NodeJS.ProcessEnv = process.env): Config {
  const set = Object.entries(environment).filter((entry): entry is [string, string] => (entry[1] ?? '') !== '');
  const secrets = readSecretFiles(Object.fromEntries(set));
  const parsed = settingsSchema.safeParse(secrets.environment);
  const bad = parsed.error?.issues.map((issue) => `${String(issue.path[0])}: ${issue.message}`) ?? [];
  const faults = [...secrets.faults, ...bad];
  // Only what is good by itself is looked at together: a secret that cannot be read is not one that is missing.
  if (parsed.success && faults.length === 0) faults.push(...contradictions(parsed.data));
  if (!parsed.success || faults.length > 0) throw new SettingsError(faults.join('\n'));
  return configOf(parsed.data);
}

/** Variables that look like settings and are none. Nothing stops for them, as they may be another program's. */
export function misspeltSettings(environment: NodeJS.ProcessEnv = process.env): Misspelt[] {
  return misspeltAmong(Object.keys(environment).filter((name) => environment[name] !== ''));
}

function configOf(given: Given): Config {
  const dataDir = resolve(given.DATA_DIR);
  const { EVENTSTORE_URL, MONGODB_URL } = given;
  return {
    host: given.HOST,
    httpPort: given.HTTP_PORT,
    wsPort: given.WS_PORT,
    opsPort: given.OPS_PORT,
    basePath: given.BASE_PATH,
    dataDir,
    log: EVENTSTORE_URL === undefined ? { kind: 'embedded', dataDir } : { kind: 'eventstoredb', url: EVENTSTORE_URL },
    readModel: MONGODB_URL === undefined ? { kind: 'embedded', dataDir } : { kind: 'mongodb', url: MONGODB_URL },
    roles: new Set(given.ROLES),
    feed: given.FEED,
    gatewayId: given.GATEWAY_ID,
    partition: given.PROJECTOR_PARTITION,
    auth: authOf(given),
    door: {
      host: given.HOST,
      loopback: isLoopback(given.HOST),
      allowedOrigins: given.ALLOWED_ORIGINS ?? given.CORS_ORIGINS,
      trustedProxies: given.TRUST_PROXY,
    },
    limits: limitsOf(given),
    directory: given.DIRECTORY ?? given.AUTH === 'none',
    commandTimeoutMs: given.COMMAND_TIMEOUT_MS,
    drainMs: given.DRAIN_MS,
    demoUsers: given.DEMO_USERS,
    logLevel: given.LOG_LEVEL,
    logRequests: given.LOG_REQUESTS,
  };
}

function authOf(given: Given): Auth {
  if (given.AUTH === 'none') return { mode: 'none' };
  if (given.AUTH === 'proxy') return { mode: 'proxy', userHeader: given.USER_HEADER ?? '' };
  return {
    mode: 'jwt',
    secret: given.JWT_SECRET,
    publicKey: given.JWT_PUBLIC_KEY,
    jwksUrl: given.JWKS_URL,
    audience: given.JWT_AUDIENCE,
    issuer: given.JWT_ISSUER,
    userClaim: given.JWT_USER_CLAIM,
    nameClaim: given.JWT_NAME_CLAIM,
    requireExp: given.JWT_REQUIRE_EXP,
    maxAgeS: given.JWT_MAX_AGE_S,
  };
}

/** Where nobody but the operator's own programs can come, limits that tell people apart are off unless they are set. */
function limitsOf(given: Given): Limits {
  const exposed = given.AUTH !== 'none' || !isLoopback(given.HOST);
  const limit = (name: keyof typeof exposedLimits): number => given[name] ?? (exposed ? exposedLimits[name] : 0);
  return {
    commandsInFlight: given.MAX_IN_FLIGHT,
    commandsInFlightPerUser: limit('MAX_IN_FLIGHT_PER_USER'),
    commandRate: limit('RATE_LIMIT'),
    helloRate: limit('HELLO_RATE'),
    lookupRate: limit('LOOKUP_RATE'),
    refusalRate: limit('REFUSAL_RATE'),
    sockets: given.MAX_SOCKETS,
    socketsPerUser: limit('MAX_SOCKETS_PER_USER'),
    socketsPerAddress: limit('MAX_SOCKETS_PER_ADDRESS'),
    queries: given.MAX_QUERIES,
    answerBytes: given.MAX_ANSWER_BYTES,
    bufferedBytes: given.MAX_BUFFERED_BYTES,
  };
}

/** Gives a library a setting that it takes from the environment alone; what an operator has set stays. */
export function setForLibrary(name: string, value: string): void {
  process.env[name] ??= value;
}
