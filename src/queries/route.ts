import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import { identifyCaller } from './caller.ts';
import type { ApiContext } from './context.ts';
import { security } from './openapi.ts';
import { callerProblems } from './schemas.ts';

/** What routes are added to. */
export type App = Parameters<FastifyPluginCallbackZod<ApiContext>>[0];

/** What routes of one resource have in common that ask who the caller is. */
export function callerRoute(context: ApiContext, tag: string) {
  const { authenticator } = context;
  return {
    common: { tags: [tag], ...security(authenticator) },
    ofCaller: callerProblems(authenticator.mode),
    onRequest: identifyCaller(context),
  };
}
