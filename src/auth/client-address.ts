import type { BlockList } from 'node:net';
import { isIP, isIPv4, isIPv6 } from 'node:net';

/**
 * The address that a request comes from: the last one of X-Forwarded-For that no trusted proxy stands at, where the
 * connection comes from a trusted proxy. Whatever else the header says was written by whoever sent it.
 */
export function clientAddress(remote: string, forwarded: string | undefined, trusted: BlockList | undefined): string {
  let address = plain(remote);
  if (trusted === undefined || forwarded === undefined) return address;
  const hops = forwarded.split(',').map((hop) => plain(hop.trim()));
  while (isTrusted(address, trusted)) {
    const hop = hops.pop();
    if (hop === undefined || isIP(hop) === 0) break;
    address = hop;
  }
  return address;
}

/** What limits of an address count under: one customer of a provider has a whole /64 of IPv6. */
export function addressKey(address: string): string {
  if (!isIPv6(address)) return address;
  const short = shortForm(address);
  const [head = '', tail = ''] = short.split('::');
  const groups = head.split(':').filter((group) => group !== '');
  const after = tail.split(':').filter((group) => group !== '');
  const zeros = Array.from({ length: Math.max(0, 8 - groups.length - after.length) }, () => '0');
  return `${[...groups, ...(short.includes('::') ? zeros : []), ...after].slice(0, 4).join(':')}::/64`;
}

/** Without the port that some proxies add, and IPv6 in one form. */
function plain(address: string): string {
  const bare = /^\[(.*)\](?::[0-9]+)?$/.exec(address)?.[1] ?? /^([0-9.]+):[0-9]+$/.exec(address)?.[1] ?? address;
  return isIPv6(bare) ? shortForm(bare) : bare;
}

/** IPv6 as it is written shortest; an IPv4 address that came over an IPv6 socket as what it is. */
function shortForm(address: string): string {
  const short = new URL(`http://[${address.replace(/%.*$/s, '')}]`).hostname.slice(1, -1);
  const [, high, low] = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/.exec(short) ?? [];
  if (high === undefined || low === undefined) return short;
  const bytes = Buffer.from(high.padStart(4, '0') + low.padStart(4, '0'), 'hex');
  return bytes.join('.');
}

function isTrusted(address: string, trusted: BlockList): boolean {
  if (isIP(address) === 0) return false;
  return trusted.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');
}
