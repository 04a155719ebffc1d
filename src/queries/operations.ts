import type { FastifyReply } from 'fastify';
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { ApiContext } from './context.ts';
import type { App } from './route.ts';
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

const tags = ['operations'];

function healthRoutes(app: App, { health, metrics, showOperations }: ApiContext): void {
  app.get(
    '/healthz',
    {
      schema: {
        tags,
        operationId: 'healthz',
        summary: 'Whether the process lives',
        response: { 200: answer('It does', z.object({ status: z.literal('ok') })) },
      },
    },
    () => ({ status: 'ok' as const }),
  );

  app.get(
    '/readyz',
    {
      schema: {
        tags,
        operationId: 'readyz',
        summary: 'Whether the process can serve',
        response: {
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
        tags,
        operationId: 'metrics',
        summary: 'Metrics for Prometheus',
        response: { 200: { description: 'Metrics', content: { 'text/plain': { schema: z.string() } } } },
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
        tags,
        operationId: 'endSessions',
        summary: 'End all sessions of a user: sockets are closed, tokens made up to now are refused',
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

function documentRoutes(app: App, { asyncApi }: ApiContext): void {
  const asyncApiText = JSON.stringify(asyncApi);
  app.get(
    '/asyncapi.json',
    {
      schema: {
        tags,
        operationId: 'asyncApi',
        summary: 'The WebSocket protocol as an AsyncAPI document',
        response: { 200: answer('The document', documentSchema) },
      },
    },
    (_request, reply) => sendText(reply, asyncApiText),
  );

  let openApiText: string | undefined;
  app.get(
    '/openapi.json',
    {
      schema: {
        tags,
        operationId: 'openApi',
        summary: 'This API as an OpenAPI document',
        response: { 200: answer('The document', documentSchema) },
      },
    },
    (_request, reply) => sendText(reply, (openApiText ??= JSON.stringify(app.swagger()))),
  );

  app.get('/', { schema: { hide: true } }, (_request, reply) => void reply.redirect('/docs'));
}

/** JSON that is text already. */
function sendText(reply: FastifyReply, text: string): void {
  void reply.type('application/json').send(text);
}
