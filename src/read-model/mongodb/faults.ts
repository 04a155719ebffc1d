import { MongoError, MongoServerSelectionError } from 'mongodb';
import type { TopologyDescription } from 'mongodb';
import { ReadModelUnavailableError } from '../read-model.ts';
import { isRefusal, isTemporary, refused } from './errors.ts';

/** A URL whose parts are where they seem to be: none of an unescaped password can be taken for a host or an option. */
const clean = /^[^:]+:\/\/(?:[^/?@]*@)?(?<hosts>[^/?@]*)(?:\/[^?@]*)?(?:\?(?<options>[^?@]*))?$/s;
const host = /^(?:\[[\da-f:.]+\]|[\w.-]+)(?::(?<port>\d+))?$/i;

/**
 * What is wrong with a MongoDB URL where the driver says no more than that something is, in words without any value of
 * it; undefined where nothing is seen.
 */
export function urlFault(url: string): string | undefined {
  const { hosts = '' } = clean.exec(url)?.groups ?? {};
  for (const one of hosts.split(',')) {
    const found = host.exec(one);
    if (found === null) return 'what stands for a host is none; special characters of a password are written as %XX';
    const { port = '27017' } = found.groups ?? {};
    if (Number(port) < 1 || Number(port) > 65_535) return 'there is no such port; one is 1 to 65535';
  }
  return undefined;
}

/** What the driver does not take of a URL: its own words quote from it, so only the name of an option is told. */
export function optionFault(url: string, error: unknown): string {
  const { options = '' } = clean.exec(url)?.groups ?? {};
  const { message } = error as Error;
  const words = new Set(message.toLowerCase().match(/[a-z]+/g));
  const names = [...new URLSearchParams(options).keys()];
  const name = names.find((one) => words.has(one.toLowerCase()));
  if (name === undefined) {
    return names.length === 0 ? 'the URL has a fault' : `one of its options has a fault: ${names.join(', ')}`;
  }
  return / is not supported$/.test(message) ? `there is no option ${name}` : `its option ${name} has a fault`;
}

/** What failed, where `within` has put it into the port's words. */
function causeOf(error: unknown): unknown {
  return error instanceof ReadModelUnavailableError && error.cause !== undefined ? error.cause : error;
}

/** True where the server may come yet: it refuses nobody, and no file that an option names is missing. */
export function isMissing(error: unknown): boolean {
  const cause = causeOf(error);
  if (isRefusal(cause) || (cause instanceof Error && 'path' in cause)) return false;
  return isTemporary(cause) || cause instanceof ReadModelUnavailableError;
}

/** Why a server cannot be used, in an operator's words where they are known; without credentials. */
export function explainFault(error: unknown): string {
  const cause = causeOf(error);
  if (isRefusal(cause)) return refused;
  if (cause instanceof MongoServerSelectionError) return explainSelection(cause);
  // A file that an option names, or a name that is not found.
  if (cause instanceof Error && 'syscall' in cause) return `cannot be used: ${cause.message}`;
  if (isTemporary(cause) || cause instanceof ReadModelUnavailableError) return 'does not answer';
  return `cannot be used: ${cause instanceof MongoError ? cause.name : 'the URL has a fault'}`;
}

/** What the driver says of a connection that does not come about, and what that is a sign of. */
const signs: readonly (readonly [RegExp, string])[] = [
  [/certificate|altname/i, 'has a certificate that is not trusted; tlsCAFile names one'],
  [/secure TLS connection|wrong version number/, 'does not speak TLS, which tls=true asks for'],
  [/^connection .* closed$/, 'ends a connection without TLS at once: does it want tls=true?'],
];

function explainSelection({ message, reason }: MongoServerSelectionError): string {
  const { setName, servers } = reason as TopologyDescription;
  // The driver strikes those that answer, and are of another set or of none.
  if (setName !== null && servers.size === 0) {
    return `is not of the replica set ${setName}, which replicaSet names`;
  }
  const told = [...servers.values()].find(({ error }) => error !== null)?.error?.message ?? message;
  const [, sign = 'does not answer'] = signs.find(([form]) => form.test(told)) ?? [];
  return `${sign}: ${told}`;
}
