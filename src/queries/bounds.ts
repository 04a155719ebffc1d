import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { addressKey } from '../auth/client-address.ts';
import { rateLimited, WeiliaoError } from '../shared/errors.ts';
import { createRateLimits } from '../shared/rate-limits.ts';
import type { ApiDeps } from './context.ts';
import type { Freshness } from './freshness.ts';
import { createTurnstile } from './turnstile.ts';

/** Requests that one connection may have under way: browsers send one at a time, few programs more. */
const maxPipelined = 16;

/**
 * Bounds what is under way. Node reads the next request of a connection before the answer to the one before is taken,
 * and keeps every answer in memory until it is. Returns what a query waits for before it reads: its turn. Throws
 * `OVERLOADED` where answers have filled up meanwhile.
 */
export function boundWork(
  app: FastifyInstance,
  { config: { limits }, tellRefusal }: Pick<ApiDeps, 'config' | 'tellRefusal'>,
): () => Promise<void> {
  const turn = createTurnstile();
  const ofSocket = new WeakMap<Socket, number>();
  let underWay = 0;
  let answerBytes = 0;

  app.addHook('onRequest', (request, reply, done) => {
    const { socket } = request;
    const ofThis = (ofSocket.get(socket) ?? 0) + 1;
    ofSocket.set(socket, ofThis);
    underWay += 1;
    let bytes = 0;
    reply.raw.once('close', () => {
      ofSocket.set(socket, (ofSocket.get(socket) ?? 1) - 1);
      underWay -= 1;
      answerBytes -= bytes;
    });
    answers.set(request, (size) => {
      bytes += size;
      answerBytes += size;
    });
    if (ofThis > maxPipelined || socket.destroyed) {
      if (!socket.destroyed) tellRefusal('requests at once on one connection', { address: request.clientAddress });
      reply.hijack();
      socket.destroy();
      return;
    }
    const full = underWay > limits.queries || answerBytes > limits.answerBytes;
    done(full && !exempt(request) ? overloaded() : undefined);
  });

  app.addHook('onSend', (request, _reply, ...[payload, done]) => {
    if (typeof payload === 'string') answers.get(request)?.(Buffer.byteLength(payload));
    else if (Buffer.isBuffer(payload)) answers.get(request)?.(payload.byteLength);
    done(null, payload);
  });

  return async () => {
    await turn();
    if (answerBytes > limits.answerBytes) throw overloaded();
  };
}

/** Queries wait for freshness right before they read, so that is where they wait for their turn as well. */
export function inTurn(freshness: Freshness, turn: () => Promise<void>): Freshness {
  return {
    ...freshness,
    async reached(expectation) {
      const fresh = await freshness.reached(expectation);
      await turn();
      return fresh;
    },
  };
}

function overloaded(): WeiliaoError {
  return new WeiliaoError('OVERLOADED', 'too many requests are under way; try again');
}

/** Where the bytes of an answer are counted. */
const answers = new WeakMap<FastifyRequest, (size: number) => void>();

/** Whoever looks after the process must be able to see that it has much to do. */
function exempt({ routeOptions }: FastifyRequest): boolean {
  return routeOptions.url === '/healthz' || routeOptions.url === '/readyz' || routeOptions.url === '/metrics';
}

/** Bounds how often one caller may ask for what is not there: ids are not to be found by trying. */
export function boundLookUps(app: FastifyInstance, { config: { limits } }: Pick<ApiDeps, 'config'>): void {
  const misses = createRateLimits(limits.lookupRate);
  const keyOf = (request: FastifyRequest): string => request.caller ?? addressKey(request.clientAddress);

  app.addHook('preHandler', (request, _reply, done) => {
    const wait = misses.wait(keyOf(request));
    done(wait > 0 ? rateLimited('too many look-ups of what is not there', wait) : undefined);
  });
  app.addHook('onResponse', (request, reply, done) => {
    if (reply.statusCode === 404) misses.take(keyOf(request));
    done();
  });
}
