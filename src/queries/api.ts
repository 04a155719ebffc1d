import { randomUUID } from 'node:crypto';
import cors from '@fastify/cors';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import { fastify, LogController } from 'fastify';
import type { FastifyHttpOptions, FastifyInstance, RawServerDefault } from 'fastify';
import { validatorCompiler } from 'fastify-type-provider-zod';
import { acceptOnlyJson } from './body.ts';
import { boundLookUps, boundRegistrations, boundWork, inTurn } from './bounds.ts';
import type { ApiContext, ApiDeps } from './context.ts';
import { minPositionHeader, positionHeader, tellPositions } from './context.ts';
import { conversationRoutes } from './conversations.ts';
import { keepDoor, knowAddresses, logRequests, requestIdHeader, timeRequests, traceRequests } from './door.ts';
import { createFreshness } from './freshness.ts';
import { infoRoutes } from './info.ts';
import { messageRoutes } from './messages.ts';
import { underBase } from '../shared/base-path.ts';
import { knowMethods } from './methods.ts';
import { maxBodyBytes, maxHeadBytes } from '../protocol/limits.ts';
import { docsOptions, openApiOptions } from './openapi.ts';
import { operationRoutes } from './operations.ts';
import { originalRoutes } from './original.ts';
import { answerClientError, createErrorHandler, notFound, sendProblem, wrongMethod } from './problem.ts';
import { createPeerDirectory } from './peer-directory.ts';
import { socketRoutes } from './sockets.ts';
import { userRoutes } from './users.ts';
import { servePage, toDocs } from './web-page.ts';

/** The REST API, not listening yet. `listen`, `inject` and `close` are fastify's. */
export function createApi(deps: ApiDeps): FastifyInstance {
  const { authenticator, config, door, floor, readModel } = deps;
  const { mode } = authenticator;
  const handleError = createErrorHandler(mode);
  const logger = deps.logger.child({ component: 'api' });
  const options: FastifyHttpOptions<RawServerDefault> = {
    ...serverOptions,
    loggerInstance: logger,
    frameworkErrors: handleError,
    ...underBase(config.basePath),
  };
  const app = fastify(options);

  app.setErrorHandler(handleError);
  const methodsAt = knowMethods(app);
  app.setNotFoundHandler(({ method, url }, reply) => {
    const methods = methodsAt(url.replace(/[?#].*$/s, ''));
    const isWrong = methods.length > 0 && !methods.includes(method);
    if (isWrong) void reply.header('Allow', methods.join(', '));
    sendProblem(reply, isWrong ? wrongMethod : notFound, mode);
  });
  app.setValidatorCompiler(validatorCompiler);
  // Answers come from mappings that the compiler checks against these same schemas, and the tests hold every answer to
  // the OpenAPI document. For a page of 50 messages JSON.stringify takes 0.1 ms, a compiled serializer half as much
  // again, zod three times as much.
  app.setSerializerCompiler(() => (payload) => JSON.stringify(payload));
  app.decorateRequest('caller', null);
  app.addHook('onRequest', (request, reply, done) => {
    void reply.header('Cache-Control', 'no-store').header('X-Content-Type-Options', 'nosniff');
    void reply.header(requestIdHeader, request.id);
    done();
  });
  knowAddresses(app, deps);
  // Before the door: who is refused a thousand times at once must not fill the memory with refusals.
  const turn = boundWork(app, deps);
  keepDoor(app, deps);
  boundLookUps(app, deps);
  tellPositions(app, deps);
  boundRegistrations(app, deps);
  timeRequests(app, deps);
  traceRequests(app);
  if (config.logRequests) logRequests(app);
  acceptOnlyJson(app);

  void app.register(cors, corsOptions(door.open));
  void app.register(swagger, openApiOptions(authenticator));
  void app.register(swaggerUi, docsOptions(config, mode));

  const context: ApiContext = {
    ...deps,
    logger,
    freshness: inTurn(createFreshness(readModel, floor), turn),
    peers: createPeerDirectory({ readModel, onUserEvent: deps.commands.onUserEvent }),
  };
  const resources = [operationRoutes, socketRoutes];
  if (deps.serve === 'everything') {
    resources.push(infoRoutes, userRoutes, messageRoutes, conversationRoutes);
    if (mode === 'none') resources.push(originalRoutes);
  }
  if (deps.serve === 'everything') servePage(app, config);
  else toDocs(app, config);
  for (const resource of resources) void app.register(resource, context);
  return app;
}

function corsOptions(open: boolean) {
  return {
    // Whoever may not call was turned away before.
    origin: open ? '*' : true,
    methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders: ['traceparent', 'X-User-Id', 'Authorization', 'Content-Type', minPositionHeader, requestIdHeader],
    exposedHeaders: [positionHeader, 'Retry-After', 'Location', requestIdHeader],
    maxAge: 600,
    strictPreflight: false,
  };
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
