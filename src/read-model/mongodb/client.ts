import { setTimeout as delay } from 'node:timers/promises';
import { MongoClient } from 'mongodb';
import type { MongoClientOptions } from 'mongodb';
import { OperatorError } from '../../shared/errors.ts';
import { backOff } from '../../shared/back-off.ts';
import { explainFault, isMissing, optionFault, urlFault } from './faults.ts';
import { within } from './within.ts';

const defaultDatabase = 'weiliao';

/** What decides whether an acknowledged write can be lost: not open to the URL. */
const guarantees: MongoClientOptions = {
  appName: 'weiliao',
  writeConcern: { w: 'majority', journal: true, wtimeoutMS: 5_000 },
  readPreference: 'primary',
  retryReads: true,
  retryWrites: true,
};

/** Milliseconds, and connections; the URL may say otherwise. */
const defaults = {
  // An unreachable server is told within seconds; the projector and clients try again by themselves.
  serverSelectionTimeoutMS: 2_000,
  connectTimeoutMS: 2_000,
  waitQueueTimeoutMS: 2_000,
  // Longer than any command may take (`deadlines`): only a server that answers nothing at all meets it.
  socketTimeoutMS: 6_000,
  // How often a server is looked at between answers; an election or a lost server is then seen soon.
  heartbeatFrequencyMS: 2_000,
  // A process has one busy writer and short reads; the rest wait for a moment instead of loading the server more.
  maxPoolSize: 20,
} as const satisfies MongoClientOptions;

/** How long a caller waits for the answer to a read and to a write, in milliseconds. */
export const deadlines = { read: 2_500, write: 5_000 } as const;
/** How long the server works at a read, in milliseconds: it gives up before the caller does. */
export const maxReadMs = 2_000;

export interface MongoConnection {
  readonly client: MongoClient;
  readonly database: string;
}

/**
 * Hosts of a MongoDB URL: fit to be shown. Whatever stands before the last `@` may be of a password, also where it holds
 * characters that a URL does not allow there.
 */
export function describeUrl(url: string): string {
  const place = /^mongodb(?:\+srv)?:\/\/(?:.*@)?([^/?@]*)/s.exec(url)?.[1];
  return place === undefined || place === '' ? 'MongoDB' : `MongoDB at ${place}`;
}

/** The database that the URL names, `weiliao` where it names none. */
function databaseOf(url: string): string {
  const path = /^mongodb(?:\+srv)?:\/\/(?:[^@]*@)?[^/?@]*\/([^?]*)/.exec(url)?.[1] ?? '';
  return path === '' ? defaultDatabase : decodeURIComponent(path);
}

/** A client that connects at its first use. Throws `OperatorError` where the URL cannot be used. */
export function clientOf(url: string): MongoConnection {
  // What comes after a second one would be taken for the host, for the database or for an option, and be told as that.
  if (url.split('@').length > 2) {
    throw unusable(url, 'in user, password and options an @ is written %40');
  }
  const fault = urlFault(url);
  if (fault !== undefined) throw unusable(url, fault);
  const given = new URLSearchParams(url.split('?')[1] ?? '');
  const names = new Set([...given.keys()].map((name) => name.toLowerCase()));
  const chosen = Object.entries(defaults).filter(([name]) => !names.has(name.toLowerCase()));
  try {
    const options: MongoClientOptions = { ...guarantees, ...Object.fromEntries(chosen) };
    return { client: new MongoClient(url, options), database: databaseOf(url) };
  } catch (error) {
    // Without the driver's own error, which quotes from the URL.
    throw unusable(url, optionFault(url, error));
  }
}

function unusable(url: string, fault: string): OperatorError {
  return new OperatorError(`${describeUrl(url)} cannot be used: ${fault}`);
}

/**
 * Connects, within about two seconds. Throws `OperatorError` where nobody answers, the credentials are refused or the
 * URL cannot be used; it names the hosts, never the credentials. With `onMissing` a server that is not there is waited
 * for, and each attempt that fails is told.
 */
export async function connectMongo(url: string, onMissing?: (reason: string) => void): Promise<MongoConnection> {
  for (let failures = 1; ; failures += 1) {
    const { client, database } = clientOf(url);
    try {
      await client.connect();
      // Connecting finds a server; only a read finds out whether it lets us in.
      await within(deadlines.read, client.db(database).collection('projection').findOne({}, { maxTimeMS: maxReadMs }));
      return { client, database };
    } catch (error) {
      await client.close().catch(() => undefined);
      const fault = `${describeUrl(url)} ${explainFault(error)}`;
      if (onMissing === undefined || !isMissing(error)) throw new OperatorError(fault, { cause: error });
      onMissing(fault);
    }
    await delay(backOff(failures, { first: 100 }));
  }
}
