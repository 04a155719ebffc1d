import type { FastifyInstance } from 'fastify';
import { OperatorError } from '../shared/errors.ts';

/** Where operators are served, and nobody else. */
export const opsHost = '127.0.0.1';

/** Makes the API listen; the port it got. Throws `OperatorError` where the address cannot be had. */
export async function listenOn(api: FastifyInstance, host: string, port: number): Promise<number> {
  try {
    await api.listen({ host, port });
  } catch (error) {
    throw new OperatorError(`HOST, HTTP_PORT: cannot listen on ${host}:${port}: ${(error as Error).message}`, {
      cause: error,
    });
  }
  const address = api.server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}

/** How often connections are looked at while the API closes, in milliseconds. */
const lookMs = 50;

/**
 * Answers the requests that are under way, then closes. Their connections are kept alive by their clients and would
 * hold the end up for a minute, so each is closed as soon as nothing is under way on it.
 */
export async function closeApi(api: FastifyInstance): Promise<void> {
  const timer = setInterval(() => api.server.closeIdleConnections(), lookMs);
  await api.close().finally(() => clearInterval(timer));
}
