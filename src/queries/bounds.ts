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
  const ofSocket = new WeakMap<Socket, Set<Work>>();
  let underWay = 0;
  let answerBytes = 0;

  function end(works: Set<Work>, work: Work): void {
    if (!works.delete(work)) return;
    underWay -= 1;
    answerBytes -= work.bytes;
  }

  /** What is under way on this connection. Node tells of its end only the answer whose turn it is, so it is asked itself. */
  function worksOf(socket: Socket): Set<Work> {
    const known = ofSocket.get(socket);
    if (known !== undefined) return known;
    const works = new Set<Work>();
    ofSocket.set(socket, works);
    socket.once('close', () => works.forEach((work) => end(works, work)));
    return works;
  }

  app.addHook('onRequest', (request, reply, done) => {
    const { socket } = request;
    const works = worksOf(socket);
    if (works.size >= maxPipelined || socket.destroyed) {
      if (!socket.destroyed) tellRefusal('requests at once on one connection', { address: request.clientAddress });
      reply.hijack();
      socket.destroy();
      return;
    }
    const work: Work = { bytes: 0 };
    works.add(work);
    underWay += 1;
    reply.raw.once('close', () => end(works, work));
    answers.set(request, (size) => {
      if (!works.has(work)) return;
      work.bytes += size;
      answerBytes += size;
    });
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
      const reached = await freshness.reached(expectation);
      await turn();
      return reached;
    },
  };
}

function overloaded(): WeiliaoError {
  return new WeiliaoError('OVERLOADED', 'too many requests are under way; try again');
}

/** A request whose answer is not taken yet. */
interface Work {
  /** Of the answer. */
  bytes: number;
}

/** Where the bytes of an answer are counted. */
const answers = new WeakMap<FastifyRequest, (size: number) => void>();

/** Whoever looks after the process must be able to see how it is, whatever others do. */
function exempt({ routeOptions }: FastifyRequest): boolean {
  return routeOptions.url === '/healthz' || routeOptions.url === '/readyz' || routeOptions.url === '/metrics';
}

/** Bounds how often one caller may ask for what is not there: ids are not to be found by trying. */
export function boundLookUps(app: FastifyInstance, { config: { limits } }: Pick<ApiDeps, 'config'>): void {
  const misses = createRateLimits(limits.lookupRate);
  const keyOf = (request: FastifyRequest): string => request.caller ?? addressKey(request.clientAddress);

  app.addHook('preHandler', (request, _reply, done) => {
    const wait = exempt(request) ? 0 : misses.wait(keyOf(request));
    done(wait > 0 ? rateLimited('too many look-ups of what is not there', wait) : undefined);
  });
  app.addHook('onResponse', (request, reply, done) => {
    if (reply.statusCode === 404) misses.take(keyOf(request));
    done();
  });
}

/** Bounds how many users one address may make. */
export function boundRegistrations(app: FastifyInstance, { config: { limits } }: Pick<ApiDeps, 'config'>): void {
  const registrations = createRateLimits(limits.helloRate);
  app.addHook('preHandler', (request, _reply, done) => {
    const counted = request.routeOptions.config.registers === true;
    const wait = counted ? registrations.take(addressKey(request.clientAddress)) : 0;
    done(wait > 0 ? rateLimited('too many registrations from this address', wait) : undefined);
  });
}
