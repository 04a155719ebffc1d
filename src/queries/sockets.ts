import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import type { ApiContext } from './context.ts';
import { sendProblem, upgradeRequired } from './problem.ts';

/** The addresses of sockets, for whoever comes there without asking for one. */
export const socketRoutes: FastifyPluginCallbackZod<ApiContext> = (app, { authenticator: { mode } }, done) => {
  const paths = ['/v1/ws', '/v1/ws/', ...(mode === 'none' ? ['/ws/:uid', '/ws/:uid/'] : [])];
  for (const path of paths) {
    app.get(path, { schema: { hide: true } }, (_request, reply) => {
      void reply.header('Upgrade', 'websocket');
      sendProblem(reply, upgradeRequired, mode);
    });
  }
  done();
};
