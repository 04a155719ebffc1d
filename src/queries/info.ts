import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { toWeiliaoError } from '../shared/errors.ts';
import { version } from '../shared/version.ts';
import { identifyCaller } from './caller.ts';
import type { ApiContext } from './context.ts';
import { security } from './openapi.ts';
import { answer, problems } from './schemas.ts';

const infoSchema = z.object({
  name: z.literal('weiliao'),
  version: z.string(),
  auth: z.enum(['none', 'jwt', 'proxy']).describe('How users are known here'),
  user: z.string().nullable().describe('Who asks; null where the request does not say, or not rightly'),
});

/** What a page needs to know before anybody has signed in. */
export const infoRoutes: FastifyPluginCallbackZod<ApiContext> = (app, context, done) => {
  const identify = identifyCaller(context);
  const auth = context.authenticator.mode;
  app.get(
    '/v1/info',
    {
      async onRequest(request, reply) {
        try {
          await identify.call(app, request, reply);
        } catch (error) {
          // Whoever is not known is nobody; what else went wrong is told.
          if (toWeiliaoError(error).code !== 'NOT_AUTHENTICATED') throw error;
        }
      },
      schema: {
        tags: ['operations'],
        security: [{}, ...security(context.authenticator).security],
        operationId: 'info',
        summary: 'What this server is, and who asks',
        description: 'For a page, before anybody has signed in. Who is not known is told so, and not refused.',
        response: { 200: answer('The server', infoSchema), ...problems('STORE_UNAVAILABLE') },
      },
    },
    (request) => ({ name: 'weiliao' as const, version, auth, user: request.caller }),
  );
  done();
};
