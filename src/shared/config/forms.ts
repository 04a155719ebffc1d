import { BlockList, isIP } from 'node:net';
import { z } from 'zod';

/*
 * The forms that settings have. What looks like anything else is not guessed at: the message says what is wrong.
 */

/** Digits and nothing else. */
export function wholeNumber(min: number, max = Number.MAX_SAFE_INTEGER) {
  const error = `must be a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^[0-9]{1,16}$/, error)
    .transform(Number)
    .refine((number) => number >= min && number <= max, error);
}

export const port = wholeNumber(0, 65_535);

/** Off where a setting is `0`, on where it is `1`. */
export const flag = z.enum(['0', '1']).transform((text) => text === '1');

/** Parts between commas. */
export const list = z.string().transform((text) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== ''),
);

/** The path of an address, without a slash at its end. */
export const path = z
  .string()
  .regex(/^(?:\/[A-Za-z0-9._~-]+)+\/?$/, 'must be a path that begins with /, for example /chat')
  .refine((text) => !/\/\.{1,2}(?:\/|$)/.test(text), 'must not go up or stay')
  .transform((text) => text.replace(/\/$/, ''));

export const url = (...protocols: readonly string[]) =>
  z
    .string()
    .refine(
      (text) => protocols.some((protocol) => text.startsWith(`${protocol}://`)),
      `must begin with ${protocols.map((protocol) => `${protocol}://`).join(' or ')}`,
    );

/** A projector's share of the conversations: `index` of `count`, from 1. */
export interface Partition {
  readonly index: number;
  readonly count: number;
}

export const partition = z
  .string()
  .regex(/^[1-9][0-9]{0,3}\/[1-9][0-9]{0,3}$/, 'must be i/n, for example 1/4')
  .transform((text) => {
    const [index = 1, count = 1] = text.split('/').map(Number);
    return { index, count } satisfies Partition;
  })
  .refine(({ index, count }) => index <= count, 'must be i/n with i at most n');

/** Web origins, or all of them. */
export type Origins = '*' | readonly string[];

/** Origins as browsers send them. One that no browser would ever send stops the start: it would let nobody in. */
export const origins = list.transform((parts, check): Origins => {
  if (parts.length === 1 && parts[0] === '*') return '*';
  for (const part of parts) {
    const fault = faultOfOrigin(part);
    if (fault !== undefined) check.issues.push({ code: 'custom', message: `${part}: ${fault}`, input: part });
  }
  return parts;
});

function faultOfOrigin(text: string): string | undefined {
  if (text === '*') return 'stands alone: it allows every origin';
  if (text.includes('*')) return 'an origin has no wildcard; name each one';
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return 'an origin begins with its scheme, as in https://chat.example';
  if (!URL.canParse(text)) return 'is no origin; one looks like https://chat.example';
  // Of schemes that the standard does not know, as apps have them (capacitor://localhost), only the form is known.
  const { origin, protocol, host } = new URL(text);
  const sent = origin === 'null' ? `${protocol}//${host}` : origin;
  return sent === text ? undefined : `browsers send ${sent}: no path, no capitals, no port that goes without saying`;
}

/** Addresses and networks (`10.0.0.0/8`); `loopback` for all of this machine's own. */
export const addresses = list.transform((parts, check): BlockList => {
  const blocks = new BlockList();
  for (const part of parts) {
    if (part === 'loopback') addLoopback(blocks);
    else if (!addTo(blocks, part)) {
      const message = `${part}: must be an address, a network like 10.0.0.0/8, or loopback`;
      check.issues.push({ code: 'custom', message, input: part });
    }
  }
  return blocks;
});

function addTo(blocks: BlockList, text: string): boolean {
  const [address = '', bits, rest] = text.split('/');
  const version = isIP(address);
  if (version === 0 || rest !== undefined) return false;
  const family = version === 4 ? 'ipv4' : 'ipv6';
  if (bits === undefined) blocks.addAddress(address, family);
  else if (/^[0-9]{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128)) {
    blocks.addSubnet(address, Number(bits), family);
  } else return false;
  return true;
}

function addLoopback(blocks: BlockList): void {
  blocks.addSubnet('127.0.0.0', 8, 'ipv4');
  blocks.addAddress('::1', 'ipv6');
}

const loopback = new BlockList();
addLoopback(loopback);

/** Whether a listener on this host is reached from this machine alone. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  if (name === 'localhost' || name.endsWith('.localhost')) return true;
  const version = isIP(name);
  return version !== 0 && loopback.check(name, version === 4 ? 'ipv4' : 'ipv6');
}
