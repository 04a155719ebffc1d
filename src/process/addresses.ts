import { isIPv6 } from 'node:net';
import type { Ports } from './start-server.ts';

/** Addresses for people to open; `sockets` where there is a gateway. */
export interface Addresses {
  readonly open: string;
  readonly docs: string;
  readonly sockets?: string;
}

/** Where this machine reaches what listens: a listener on all addresses is on loopback too. */
export function addressesOf(host: string, { httpPort, wsPort }: Ports): Addresses {
  const name = { '0.0.0.0': '127.0.0.1', '::': '::1' }[host] ?? host;
  const at = `${isIPv6(name) ? `[${name}]` : name}:${httpPort}`;
  const sockets = wsPort === undefined ? {} : { sockets: `ws://${at}/v1/ws` };
  return { open: `http://${at}/`, docs: `http://${at}/docs`, ...sockets };
}
