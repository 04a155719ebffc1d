import cors from '@fastify/cors';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { validatorCompiler } from 'fastify-type-provider-zod';
import { createApp } from './app.ts';
import { acceptOnlyJson } from './body.ts';
import { boundLookUps, boundRegistrations, boundWork, inTurn } from './bounds.ts';
import type { ApiContext, ApiDeps } from './context.ts';
import { minPositionHeader, positionHeader, tellPositions } from './context.ts';
import { conversationRoutes } from './conversations.ts';
import { keepDoor, knowAddresses, logRequests, requestIdHeader, timeRequests, traceRequests } from './door.ts';
import { createFreshness } from './freshness.ts';
import { infoRoutes } from './info.ts';
import { messageRoutes } from './messages.ts';
import { knowMethods } from './methods.ts';
import { docsOptions, openApiOptions } from './openapi.ts';
import { operationRoutes } from './operations.ts';
import { originalRoutes } from './original.ts';
import { notFound, sendProblem, wrongMethod } from './problem.ts';
import { createPeerDirectory } from './peer-directory.ts';
import { socketRoutes } from './sockets.ts';
import { userRoutes } from './users.ts';
import { servePage, toDocs } from './web-page.ts';

/** The REST API, not listening yet. `listen`, `inject` and `close` are fastify's. */
export function createApi(deps: ApiDeps): FastifyInstance {
  const { authenticator, config, door, floor, readModel } = deps;
  const { mode } = authenticator;
  const logger = deps.logger.child({ component: 'api' });
  const app = createApp({ ...deps, logger });
  const methodsAt = knowMethods(app);
  app.setNotFoundHandler(({ method, url }, reply) => {
    const methods = methodsAt(url.replace(/[?#].*$/s, ''));
    const isWrong = methods.length > 0 && !methods.includes(method);
    if (isWrong) void reply.header('Allow', methods.join(', '));
    sendProblem(reply, isWrong ? wrongMethod : notFound, mode);
  });
  app.setValidatorCompiler(validatorCompiler);
  app.decorateRequest('caller', null);
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
