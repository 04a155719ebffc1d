import { fastify, LogController } from 'fastify';
import type { FastifyHttpOptions, FastifyInstance, RawServerDefault } from 'fastify';
import { underBase } from '../shared/base-path.ts';
import type { ApiDeps } from './context.ts';
import { keepDoor, knowAddresses } from './door.ts';
import { healthRoutes } from './operations.ts';
import { answerClientError, createErrorHandler, notThereYet, sendProblem } from './problem.ts';

type Deps = Pick<
  ApiDeps,
  'authenticator' | 'config' | 'door' | 'health' | 'logger' | 'metrics' | 'showOperations' | 'tellRefusal'
>;

/** What a process that waits for its stores answers, not listening yet: how it is, and 503 to all else. */
export function createWaitingApi(deps: Deps): FastifyInstance {
  const { mode } = deps.authenticator;
  const options: FastifyHttpOptions<RawServerDefault> = {
    loggerInstance: deps.logger.child({ component: 'api' }),
    logController: new LogController({ disableRequestLogging: true }),
    clientErrorHandler: answerClientError,
    ...underBase(deps.config.basePath),
  };
  const app = fastify(options);
  app.setErrorHandler(createErrorHandler(mode));
  app.setNotFoundHandler((_request, reply) => sendProblem(reply, notThereYet, mode));
  knowAddresses(app, deps);
  keepDoor(app, deps);
  app.setSerializerCompiler(() => (payload) => JSON.stringify(payload));
  healthRoutes(app.withTypeProvider(), deps);
  return app;
}
