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
  // One way to write it, of many.
  const { hostname } = new URL(`http://[${address.replace(/%.*$/s, '')}]`);
  const [head = '', tail = ''] = hostname.slice(1, -1).split('::');
  const groups = head.split(':').filter((group) => group !== '');
  const after = tail.split(':').filter((group) => group !== '');
  const zeros = Array.from({ length: Math.max(0, 8 - groups.length - after.length) }, () => '0');
  return `${[...groups, ...(hostname.includes('::') ? zeros : []), ...after].slice(0, 4).join(':')}::/64`;
}

/** An IPv4 address that came over an IPv6 socket, as what it is; without the port that some proxies add. */
function plain(address: string): string {
  const bare = /^\[(.*)\](?::[0-9]+)?$/.exec(address)?.[1] ?? address;
  const mapped = /^::ffff:([0-9.]+)$/i.exec(bare)?.[1] ?? bare;
  const port = /^([0-9.]+):[0-9]+$/.exec(mapped)?.[1];
  return port ?? mapped;
}

function isTrusted(address: string, trusted: BlockList): boolean {
  if (isIP(address) === 0) return false;
  return trusted.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');
}
