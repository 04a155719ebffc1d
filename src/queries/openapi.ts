import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger';
import type { FastifySwaggerUiOptions } from '@fastify/swagger-ui';
import { createJsonSchemaTransform, createJsonSchemaTransformObject } from 'fastify-type-provider-zod';
import type { z } from 'zod';
import type { Authenticator } from '../auth/authenticator.ts';
import { version } from '../shared/version.ts';

const tags = [
  { name: 'users', description: 'Who may write to whom' },
  { name: 'messages', description: 'Sending, and one message' },
  { name: 'conversations', description: 'The friend list, history and read marks' },
  { name: 'original', description: 'The two routes of the original system, without authentication' },
  { name: 'operations', description: 'Health, metrics and documents' },
];

const schemes = {
  none: {
    userId: { type: 'apiKey', in: 'header', name: 'X-User-Id', description: 'The user id, taken at its word' },
  },
  proxy: {},
  jwt: {
    bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: '`sub` is the user id' },
  },
} as const;

/** How a route that asks who the caller is documents it. */
export function security(mode: Authenticator['mode']) {
  // What a proxy in front asks of its callers is the proxy's own.
  return mode === 'proxy' ? {} : { security: Object.keys(schemes[mode]).map((name) => ({ [name]: [] })) };
}

const description = `REST side of weiliao: commands, and queries over the read model.

Live messages travel over the WebSocket gateway, described by the [AsyncAPI document](/asyncapi.json).

Errors are \`application/problem+json\` (RFC 9457); \`code\` is the code of the WebSocket's error frames. Command answers
carry \`Weiliao-Position\`; a query that sends it back as \`Weiliao-Min-Position\` sees at least that.`;

export function openApiOptions(mode: Authenticator['mode']): FastifyDynamicSwaggerOptions {
  return {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'weiliao',
        version,
        description,
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      externalDocs: { url: '/asyncapi.json', description: 'AsyncAPI document of the WebSocket gateway' },
      servers: [{ url: '/' }],
      tags: tags.filter(({ name }) => mode === 'none' || name !== 'original'),
      components: { securitySchemes: schemes[mode] },
    },
    transform: describeRoute,
    transformObject: nameSchemas,
  };
}

/** Answers may get further fields one day, so none is declared closed; the bounds of exact integers say nothing. */
const override = ({ jsonSchema }: { jsonSchema: z.core.JSONSchema.BaseSchema }) => {
  if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
};

const conversion = { zodToJsonConfig: { override } };
const toJsonSchema = createJsonSchemaTransform(conversion);
const toNamedJsonSchemas = createJsonSchemaTransformObject(conversion);

type Transform = NonNullable<FastifyDynamicSwaggerOptions['transform']>;
type Described = { readonly response?: Readonly<Record<string, { headers?: unknown }>> };

/** The conversion from zod leaves the headers of answers out; here they come back. */
const describeRoute: Transform = (route) => {
  const described = toJsonSchema(route);
  const given = (route.schema as Described | undefined)?.response ?? {};
  const made = (described.schema as Described).response ?? {};
  for (const [status, { headers }] of Object.entries(given)) {
    const answer = made[status];
    if (answer !== undefined && headers !== undefined) answer.headers = headers;
  }
  return described;
};

type TransformObject = NonNullable<FastifyDynamicSwaggerOptions['transformObject']>;

/** The conversion names every schema twice, as output and, with a suffix, as input. Only answers have names here. */
const nameSchemas: TransformObject = (document) => {
  const named = toNamedJsonSchemas(document) as { components: { schemas: object } };
  const schemas = Object.entries(named.components.schemas).filter(([name]) => !name.endsWith('Input'));
  return { ...named, components: { ...named.components, schemas: Object.fromEntries(schemas) } };
};

/** The page of `/docs`: its scripts and styles come from here, and it calls nobody else. */
export const docsOptions: FastifySwaggerUiOptions = {
  routePrefix: '/docs',
  uiConfig: { validatorUrl: null, deepLinking: true, displayRequestDuration: true },
  theme: { title: 'weiliao API' },
  staticCSP: {
    'default-src': "'self'",
    'base-uri': "'self'",
    'frame-ancestors': "'self'",
    'img-src': "'self' data:",
    'object-src': "'none'",
    'style-src': "'self' 'unsafe-inline'",
  },
};
