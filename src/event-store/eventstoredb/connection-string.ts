import { readFileSync } from 'node:fs';
import { EventStoreDBClient } from '@eventstore/db-client';
import { parseConnectionString } from '@eventstore/db-client/dist/Client/parseConnectionString.js';
import type { ConnectionOptions } from '@eventstore/db-client/dist/Client/parseConnectionString.js';
import { OperatorError } from '../../shared/errors.ts';

/** A connection string, as db-client's own parser reads it. */
export interface ConnectionString {
  /** For db-client: with what it would get wrong put right. */
  readonly url: string;
  /** The same, for what only the leader does: appends, and consumer groups. */
  readonly leaderUrl: string;
  /** Those that it names, each with a connection string for it alone. `host`: with its port, fit to be shown. */
  readonly nodes: readonly { readonly host: string; readonly url: string }[];
  readonly tls: boolean;
  readonly hasUser: boolean;
  /** How often the nodes are asked who leads before that fails, and milliseconds between two times. */
  readonly discovery: { readonly attempts: number; readonly everyMs: number };
}

/** Seconds that one node may take to say who leads; db-client's own default of 5 outlasts a command. */
const gossipTimeout = 2;
/** Longest that a timer can run. Told to have none, db-client asks for a longer one, which Node then ends after 1 ms. */
const never = 2 ** 31 - 1;

/** What db-client takes for protocol and credentials. */
const beginning = /^[^:]+:\/\/(?:([^:]+:[^@]+)@)?/;

/** Throws `OperatorError` where the connection string cannot be used; credentials are never told. */
export function readConnectionString(text: string): ConnectionString {
  refuseSecondAt(text);
  const options = quietly(() => parse(text)).value;
  refuseMisread(text, options);
  refusePorts(options);
  checkFiles(options);
  const url = putRight(text, options);
  return {
    url,
    leaderUrl: `${url}&nodePreference=leader`,
    nodes: options.hosts
      .map(({ address, port }) => `${address}:${port}`)
      .map((host) => ({ host, url: urlOf(host, url) })),
    tls: options.tls !== false,
    hasUser: options.defaultCredentials !== undefined,
    discovery: { attempts: options.maxDiscoverAttempts ?? 10, everyMs: options.discoveryInterval ?? 100 },
  };
}

/** Options for a client that asks one node alone who leads, once. */
export function askingOne(nodeUrl: string): string {
  return `${nodeUrl.replace(/^esdb:/, 'esdb+discover:')}&maxDiscoverAttempts=1`;
}

/** One client of db-client, which connects when it is used. */
export function createClient({ url }: Pick<ConnectionString, 'url'>): EventStoreDBClient {
  return quietly(() => clientOf(url)).value;
}

/** What of a connection string has no effect, or is advised against: sentences without credentials. */
export function findIdleSettings(text: string): string[] {
  refuseSecondAt(text);
  const options = quietly(() => parse(text)).value;
  const { warnings } = quietly(() => clientOf(text));
  const idle: string[] = warnings.map((warning) => warning.split('\n')[0] ?? '');
  if (options.tls === false) {
    if (options.defaultCredentials !== undefined) idle.push('user and password are not sent with tls=false');
    for (const name of ['tlsCAFile', 'userCertFile', 'userKeyFile'] as const) {
      if (options[name] !== undefined) idle.push(`${name} has no effect with tls=false`);
    }
  }
  if (options.throwOnAppendFailure === false) idle.push('throwOnAppendFailure has no effect: appends always tell');
  if (options.defaultDeadline !== undefined) {
    idle.push(
      'defaultDeadline holds for commands about consumer groups only: appends and reads have limits of their own',
    );
  }
  return idle;
}

function parse(text: string): ConnectionOptions {
  try {
    return parseConnectionString(text);
  } catch (error) {
    throw unusable(reasonOf(error as Error));
  }
}

function clientOf(url: string): EventStoreDBClient {
  try {
    return EventStoreDBClient.connectionString(url);
  } catch (error) {
    throw unusable(reasonOf(error as Error));
  }
}

const escapes = 'it begins with user:password@; a colon in either is written %3A, an @ is written %40';

/** db-client takes what comes after it for a host, or for an option, and would tell it as one. */
function refuseSecondAt(text: string): void {
  const ats = text.split('@').length - 1;
  if (ats > 1 || (ats === 1 && beginning.exec(text.trim())?.[1] === undefined)) throw unusable(escapes);
}

/** db-client drops what comes after a second colon. */
function refuseMisread(text: string, { hosts }: ConnectionOptions): void {
  const [, credentials = ''] = beginning.exec(text.trim()) ?? [];
  if (credentials.split(':').length > 2 || hosts.some(({ address }) => address.includes('@'))) throw unusable(escapes);
}

/** db-client tries such a port until the time is over. It may be the beginning of a password: it is not told. */
function refusePorts({ hosts }: ConnectionOptions): void {
  if (hosts.some(({ port }) => port < 1 || port > 65_535)) {
    throw unusable('one of its ports is none; a port is 1 to 65535');
  }
}

/** db-client does not say which file it misses, and takes one without a certificate for an authority file. */
function checkFiles({ tls, tlsCAFile, userCertFile, userKeyFile }: ConnectionOptions): void {
  if (tls === false) return;
  for (const [name, path] of Object.entries({ tlsCAFile, userCertFile, userKeyFile })) {
    if (path === undefined) continue;
    let content: string;
    try {
      content = readFileSync(path, 'utf8');
    } catch (error) {
      throw unusable(`${name}: ${(error as Error).message}`);
    }
    if (!content.includes('-----BEGIN ')) throw unusable(`${name}: there is nothing in PEM form in ${path}`);
  }
}

/** Of a key that is there twice the last holds. */
function putRight(text: string, options: ConnectionOptions): string {
  const more: string[] = [];
  if (options.gossipTimeout === undefined) more.push(`gossipTimeout=${gossipTimeout}`);
  for (const name of ['keepAliveInterval', 'keepAliveTimeout'] as const) {
    if (options[name] === -1) more.push(`${name}=${never}`);
  }
  let url = text.trim().replace(/\/+$/, '');
  // For discovery it would ask the first host alone; without, it asks all of several for the same.
  if (options.hosts.length > 1) url = url.replace(/^esdb\+discover:/, 'esdb:');
  if (more.length === 0) return url;
  return `${url}${url.replace(beginning, '').includes('?') ? '&' : '?'}${more.join('&')}`;
}

function urlOf(host: string, url: string): string {
  const [begin = ''] = beginning.exec(url) ?? [];
  const rest = url.slice(begin.length);
  return `${begin.replace(/^esdb\+discover:/, 'esdb:')}${host}${rest.slice(rest.indexOf('?'))}`;
}

function unusable(reason: string): OperatorError {
  return new OperatorError(`EVENTSTORE_URL cannot be used: ${reason}`);
}

/** What is wrong with a connection string; db-client's own words for a bad form quote from it. */
function reasonOf(error: Error): string {
  const form = /at position (\d+), expected (.*)\.$/s.exec(error.message);
  if (form === null) return error.message;
  return `at character ${Number(form[1]) + 1}: expected ${form[2] ?? ''}`;
}

/* eslint-disable no-console -- db-client warns on the console, in lines that may hold the whole connection string */
function quietly<T>(run: () => T): { readonly value: T; readonly warnings: readonly string[] } {
  const { warn } = console;
  const warnings: string[] = [];
  console.warn = (text: unknown) => void warnings.push(String(text));
  try {
    return { value: run(), warnings };
  } finally {
    console.warn = warn;
  }
}
/* eslint-enable no-console */
