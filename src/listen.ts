import type { FastifyInstance } from 'fastify';
import { OperatorError } from './errors.ts';

/** Makes the API listen; the port it got. Throws `OperatorError` where the address cannot be had. */
export async function listenOn(api: FastifyInstance, host: string, port: number): Promise<number> {
  try {
    await api.listen({ host, port });
  } catch (error) {
    throw new OperatorError(`HTTP_PORT: cannot listen on ${host}:${port}: ${(error as Error).message}`, {
      cause: error,
    });
  }
  const address = api.server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}
