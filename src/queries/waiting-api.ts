import type { FastifyInstance } from 'fastify';
import { createApp } from './app.ts';
import type { ApiDeps } from './context.ts';
import { keepDoor, knowAddresses } from './door.ts';
import { healthRoutes } from './operations.ts';
import { notThereYet, sendProblem } from './problem.ts';

type Deps = Pick<
  ApiDeps,
  'authenticator' | 'config' | 'door' | 'health' | 'logger' | 'metrics' | 'showOperations' | 'tellRefusal'
>;

/** What a process that waits for its stores answers, not listening yet: how it is, and 503 to all else. */
export function createWaitingApi(deps: Deps): FastifyInstance {
  const { mode } = deps.authenticator;
  const app = createApp({ ...deps, logger: deps.logger.child({ component: 'api' }) });
  app.setNotFoundHandler((_request, reply) => sendProblem(reply, notThereYet, mode));
  knowAddresses(app, deps);
  keepDoor(app, deps);
  healthRoutes(app.withTypeProvider(), deps);
  return app;
}
