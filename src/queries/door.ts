import type { FastifyInstance, FastifyRequest } from 'fastify';
import { context, propagation, SpanKind } from '@opentelemetry/api';
import { clientAddress } from '../auth/client-address.ts';
import { WeiliaoError } from '../shared/errors.ts';
import { beginSpan, tracesAreTaken } from '../shared/tracing.ts';
import type { ApiDeps } from './context.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The address that the request comes from, behind the proxies that are trusted. */
    clientAddress: string;
  }

  interface FastifyContextConfig {
    /** A GET that writes: a page elsewhere must not lead a browser to it. */
    readonly writes?: boolean;
    /** Makes a user: bounded for each address. */
    readonly registers?: boolean;
  }
}

/** Names a request, in and out. */
export const requestIdHeader = 'X-Request-Id';

/** Finds out where requests come from. */
export function knowAddresses(app: FastifyInstance, { config }: Pick<ApiDeps, 'config'>): void {
  app.decorateRequest('clientAddress', '');
  app.addHook('onRequest', (request, _reply, done) => {
    const { headers, socket } = request;
    const forwarded = headers['x-forwarded-for'];
    const hops = Array.isArray(forwarded) ? forwarded.join(',') : forwarded;
    request.clientAddress = clientAddress(socket.remoteAddress ?? '', hops, config.door.trustedProxies);
    done();
  });
}

/** Turns away what comes from where nobody may call, preflights included. */
export function keepDoor(app: FastifyInstance, { door, tellRefusal }: Pick<ApiDeps, 'door' | 'tellRefusal'>): void {
  app.addHook('onRequest', (request, _reply, done) => {
    const { headers } = request;
    const refused = door.refusal({ host: headers.host, origin: headers.origin }) ?? crossSite(request);
    if (refused === undefined) {
      done();
      return;
    }
    tellRefusal('origin', { address: request.clientAddress });
    done(new WeiliaoError('FORBIDDEN', refused));
  });
  app.addHook('onError', (request, _reply, ...[error, done]) => {
    if (error instanceof WeiliaoError && told.has(error.code)) {
      tellRefusal(error.reason, { user: request.caller ?? undefined, address: request.clientAddress });
    }
    done();
  });
}

/** Codes that an operator hears of. */
const told = new Set(['NOT_AUTHENTICATED', 'RATE_LIMITED', 'OVERLOADED']);

/**
 * A picture or a link on a page elsewhere names no origin; the browser says all the same that it came from there. Such a
 * request may look, but not write.
 */
function crossSite({ headers, routeOptions }: FastifyRequest): string | undefined {
  const site = headers['sec-fetch-site'];
  if (routeOptions.config.writes !== true || headers.origin !== undefined || site !== 'cross-site') return undefined;
  return 'a page of another site may not call what writes';
}

/** A span for each request, where somebody takes spans; commands and queries are inside it. */
export function traceRequests(app: FastifyInstance): void {
  if (!tracesAreTaken()) return;
  app.addHook('onRequest', ({ method, routeOptions, headers }, reply, done) => {
    const { span, own } = beginSpan(`${method} ${routeOptions.url ?? 'none'}`, SpanKind.SERVER, headers);
    propagation.inject(own, headers);
    reply.raw.once('close', () => {
      span.setAttribute('http.response.status_code', reply.statusCode).end();
    });
    context.with(own, done);
  });
}

/** How long answers took. By the pattern of the route: addresses themselves are without number, and name users. */
export function timeRequests(app: FastifyInstance, { metrics }: Pick<ApiDeps, 'metrics'>): void {
  app.addHook('onResponse', ({ method, routeOptions }, reply, done) => {
    const tally = metrics.httpSeconds.of(method, routeOptions.url ?? 'none', String(reply.statusCode));
    tally.observe(reply.elapsedTime / 1_000);
    done();
  });
}

/** A line for each answer: no query, which may hold what is searched for, and never a body. */
export function logRequests(app: FastifyInstance): void {
  app.addHook('onResponse', (request, reply, done) => {
    const { method, url, caller, clientAddress: address } = request;
    const path = url.replace(/\?.*$/s, '');
    const ms = Math.round(reply.elapsedTime * 10) / 10;
    request.log.info({ method, path, status: reply.statusCode, ms, user: caller, address }, 'request');
    done();
  });
}
