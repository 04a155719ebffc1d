import type { FastifyRequest } from 'fastify';
import type { Config } from '../shared/config.ts';

/** Where a caller reaches this server. */
export interface Self {
  readonly secure: boolean;
  /** With the port, where it has one of its own. */
  readonly host: string;
  /** `BASE_PATH`. */
  readonly path: string;
}

/**
 * Where the caller has just reached this server, for documents that name it. What the request says of itself is told to
 * nobody but its caller, so any proxy's word counts.
 */
export function selfOf({ headers }: FastifyRequest, { basePath }: Pick<Config, 'basePath'>): Self {
  const proto = headers['x-forwarded-proto'];
  const secure = /^https\b/i.test(Array.isArray(proto) ? (proto[0] ?? '') : (proto ?? ''));
  const address = `${secure ? 'https' : 'http'}://${headers.host ?? ''}`;
  const host = URL.canParse(address) ? new URL(address).host : '';
  // It goes into the text of documents. A URL takes more for a host than any name or address has.
  return { secure, host: /^[a-z0-9._:[\]-]+$/.test(host) ? host : 'localhost', path: basePath };
}

export function urlOf({ secure, host, path }: Self): string {
  return `${secure ? 'https' : 'http'}://${host}${path}`;
}
