import { randomUUID } from 'node:crypto';
import { fastify, LogController } from 'fastify';
import type { FastifyHttpOptions, FastifyInstance, RawServerDefault } from 'fastify';
import { maxBodyBytes, maxHeadBytes } from '../protocol/limits.ts';
import { underBase } from '../shared/base-path.ts';
import type { ApiDeps } from './context.ts';
import { requestIdHeader } from './door.ts';
import { answerClientError, createErrorHandler } from './problem.ts';

/** What every listener of HTTP has, whatever it serves: its limits, and how it answers. */
export function createApp({
  authenticator,
  config,
  logger,
}: Pick<ApiDeps, 'authenticator' | 'config' | 'logger'>): FastifyInstance {
  const handleError = createErrorHandler(authenticator.mode);
  const options: FastifyHttpOptions<RawServerDefault> = {
    ...serverOptions,
    loggerInstance: logger,
    frameworkErrors: handleError,
    ...underBase(config.basePath),
  };
  const app = fastify(options);
  app.setErrorHandler(handleError);
  // Answers come from mappings that the compiler checks against these same schemas, and the tests hold every answer to
  // the OpenAPI document. For a page of 50 messages JSON.stringify takes 0.1 ms, a compiled serializer half as much
  // again, zod three times as much.
  app.setSerializerCompiler(() => (payload) => JSON.stringify(payload));
  app.addHook('onRequest', (request, reply, done) => {
    void reply.header('Cache-Control', 'no-store').header('X-Content-Type-Options', 'nosniff');
    void reply.header(requestIdHeader, request.id);
    done();
  });
  return app;
}

const serverOptions = {
  /** The caller's or else ours. Told in the answer, and kept in the metadata of the events that a request leads to. */
  genReqId: ({ headers }) => requestIdOf(headers[requestIdHeader.toLowerCase()]),
  logController: new LogController({ disableRequestLogging: true }),
  bodyLimit: maxBodyBytes,
  /** Milliseconds to receive a whole request. */
  requestTimeout: 15_000,
  /**
   * The same for its head, which Node would take for the shorter of the two times if it were longer; how often both are
   * looked at; and how much of a head is taken, in bytes, for those who have many cookies.
   */
  http: { headersTimeout: 15_000, connectionsCheckingInterval: 1_000, maxHeaderSize: maxHeadBytes },
  /** Milliseconds that an idle connection is kept: longer than the 60 s of common load balancers. */
  keepAliveTimeout: 65_000,
  /** While it closes, the server finishes what comes on open connections. */
  return503OnClosing: false,
  clientErrorHandler: answerClientError,
  /** No id is too long to be told that it does not exist; Node's limit on headers bounds the path. */
  routerOptions: { maxParamLength: 16_384 },
} satisfies FastifyHttpOptions<RawServerDefault>;

function requestIdOf(given: string | string[] | undefined): string {
  return typeof given === 'string' && /^[A-Za-z0-9._:/+=-]{1,128}$/.test(given) ? given : randomUUID();
}
