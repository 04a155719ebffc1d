import type { FastifyReply } from 'fastify';
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { asyncApiDocument } from '../protocol/asyncapi.ts';
import { version } from '../shared/version.ts';
import type { ApiContext } from './context.ts';
import { documentFor, noSecurity } from './openapi.ts';
import type { App } from './route.ts';
import { selfOf, urlOf } from './self.ts';
import { answer, commandProblems, problems, userIdParameter } from './schemas.ts';

const healthSchema = z.object({
  ready: z.boolean(),
  checks: z
    .record(z.string(), z.object({ ok: z.boolean(), detail: z.string().optional() }))
    .describe('What was looked at; empty where strangers may ask'),
});

const documentSchema = z.record(z.string(), z.unknown());

/** What operators, their tools and readers of the documentation need. Open to all: nothing here names a user. */
export const operationRoutes: FastifyPluginCallbackZod<ApiContext> = (app, context, done) => {
  healthRoutes(app, context);
  documentRoutes(app, context);
  if (context.serve === 'operator') endSessions(app, context);
  done();
};

const open = { tags: ['operations'], ...noSecurity };

/** How the process is, and its metrics where they are shown. */
export function healthRoutes(
  app: App,
  { health, metrics, showOperations }: Pick<ApiContext, 'health' | 'metrics' | 'showOperations'>,
): void {
  app.get(
    '/healthz',
    {
      schema: {
        ...open,
        operationId: 'healthz',
        summary: 'Whether the process lives',
        description: 'It answers: whoever starts processes again needs no more.',
        response: { 200: answer('It does', z.object({ status: z.literal('ok') })), ...problems() },
      },
    },
    () => ({ status: 'ok' as const }),
  );

  app.get(
    '/readyz',
    {
      schema: {
        ...open,
        operationId: 'readyz',
        summary: 'Whether the process can serve',
        description: 'For load balancers. The checks are shown where only operators come.',
        response: {
          ...problems(),
          200: answer('Every check is well', healthSchema),
          503: answer('A check is not well', healthSchema),
        },
      },
    },
    (_request, reply) => {
      const report = health();
      const { ready, checks } = report;
      if (!ready) reply.header('Retry-After', '1');
      void reply.code(ready ? 200 : 503).send({ ready, checks: showOperations ? { ...checks } : {} });
    },
  );

  if (!showOperations) return;
  app.get(
    '/metrics',
    {
      schema: {
        ...open,
        operationId: 'metrics',
        summary: 'Metrics for Prometheus',
        description: 'What each means, and when to look into it, is in docs/failures.md.',
        response: { 200: { description: 'Metrics', content: { 'text/plain': { schema: z.string() } } }, ...problems() },
      },
    },
    async (_request, reply) =>
      reply.header('Content-Type', metrics.registry.contentType).send(await metrics.registry.metrics()),
  );
}

function endSessions(app: App, { commands }: ApiContext): void {
  app.delete(
    '/v1/users/:id/sessions',
    {
      schema: {
        ...open,
        operationId: 'endSessions',
        summary: 'End all sessions of a user: sockets are closed, tokens made up to now are refused',
        description: 'For operators: `weiliao sessions end` asks here.',
        params: z.object({ id: userIdParameter('The user') }),
        response: { 204: z.null().describe('Done'), ...problems('USER_NOT_FOUND', ...commandProblems) },
      },
    },
    async (request, reply) => {
      await commands.endSessions(request.params.id);
      return reply.code(204).send(null);
    },
  );
}

function documentRoutes(app: App, { authenticator, config }: ApiContext): void {
  app.get(
    '/asyncapi.json',
    {
      schema: {
        ...open,
        operationId: 'asyncApi',
        summary: 'The WebSocket protocol as an AsyncAPI document',
        description: 'Its server is where the caller has reached this one.',
        response: { 200: answer('The document', documentSchema), ...problems() },
      },
    },
    (request) => asyncApiDocument({ version, ...authenticator, ...selfOf(request, config) }),
  );

  let openApiText: string | undefined;
  app.get(
    '/openapi.json',
    {
      schema: {
        ...open,
        operationId: 'openApi',
        summary: 'This API as an OpenAPI document',
        description: 'Its server is where the caller has reached this one.',
        response: { 200: answer('The document', documentSchema), ...problems() },
      },
    },
    (request, reply) => {
      openApiText ??= JSON.stringify(app.swagger());
      sendText(reply, documentFor(openApiText, urlOf(selfOf(request, config))));
    },
  );
}

/** JSON that is text already. */
function sendText(reply: FastifyReply, text: string): void {
  void reply.type('application/json').send(text);
}
