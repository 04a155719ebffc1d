import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger';
import type { FastifySwaggerUiOptions } from '@fastify/swagger-ui';
import { createJsonSchemaTransform, createJsonSchemaTransformObject } from 'fastify-type-provider-zod';
import type { z } from 'zod';
import type { Authenticator } from '../auth/authenticator.ts';
import type { Config } from '../shared/config.ts';
import { version } from '../shared/version.ts';
import { selfOf, urlOf } from './self.ts';

const tags = [
  { name: 'users', description: 'Who may write to whom' },
  { name: 'messages', description: 'Sending, and one message' },
  { name: 'conversations', description: 'The friend list, history and read marks' },
  { name: 'original', description: 'The two routes of the original system, without authentication' },
  { name: 'operations', description: 'Health, metrics and documents' },
];

type Caller = Pick<Authenticator, 'mode' | 'userHeader'>;

/** The one way in which users are known, by its name. */
function schemesOf({ mode, userHeader = '' }: Caller) {
  const byHeader = { type: 'apiKey', in: 'header' } as const;
  const schemes = {
    none: { userId: { ...byHeader, name: 'X-User-Id', description: 'The user id, taken at its word' } },
    proxy: { proxy: { ...byHeader, name: userHeader, description: 'The user id; the proxy in front sets it' } },
    jwt: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: '`sub` is the user id' } },
  } as const;
  return schemes[mode];
}

/** How a route that asks who the caller is documents it. */
export function security(caller: Caller) {
  return { security: Object.keys(schemesOf(caller)).map((name) => ({ [name]: [] })) };
}

/** The same of a route that anybody may call. */
export const noSecurity = { security: [] };

/** Stands for the address of this server until somebody asks for the document. */
const self = 'http://self.invalid';

/** The document as a caller sees it, who has reached the server at this address. */
export function documentFor(text: string, address: string): string {
  return text.replaceAll(self, address);
}

const description = `REST side of weiliao: commands, and queries over the read model.

Live messages travel over the WebSocket gateway, described by the [AsyncAPI document](${self}/asyncapi.json).

Errors are \`application/problem+json\` (RFC 9457); \`code\` is the code of the WebSocket's error frames. Command answers
carry \`Weiliao-Position\`; a query that sends it back as \`Weiliao-Min-Position\` sees at least that.`;

export function openApiOptions(caller: Caller): FastifyDynamicSwaggerOptions {
  return {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'weiliao',
        version,
        description,
        contact: { name: 'weiliao', url: 'https://github.com/weiliao/weiliao' },
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      externalDocs: { url: `${self}/asyncapi.json`, description: 'AsyncAPI document of the WebSocket gateway' },
      servers: [{ url: self }],
      tags: tags.filter(({ name }) => caller.mode === 'none' || name !== 'original'),
      components: { securitySchemes: schemesOf(caller) },
    },
    transform: describeRoute,
    transformObject: nameSchemas,
  };
}

/**
 * Answers may get further fields one day, so none is declared closed; the bounds of exact integers say nothing, and what
 * is always refused is not offered.
 */
const override = ({ jsonSchema }: { jsonSchema: z.core.JSONSchema.BaseSchema }) => {
  const properties = Object.entries(jsonSchema.properties ?? {});
  const offered = properties.filter(([, property]) => !isNever(property));
  if (offered.length < properties.length) jsonSchema.properties = Object.fromEntries(offered);
  if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
};

function isNever(schema: z.core.JSONSchema.JSONSchema | boolean): boolean {
  return typeof schema === 'object' && typeof schema.not === 'object' && Object.keys(schema.not).length === 0;
}

const conversion = { zodToJsonConfig: { override } };
const toJsonSchema = createJsonSchemaTransform(conversion);
const toNamedJsonSchemas = createJsonSchemaTransformObject(conversion);

type Transform = NonNullable<FastifyDynamicSwaggerOptions['transform']>;
interface DescribedAnswer {
  headers?: unknown;
  readonly content?: Readonly<Record<string, { examples?: unknown }>>;
}
type Described = { readonly response?: Readonly<Record<string, DescribedAnswer>> };

/** The conversion from zod leaves headers and examples of answers out; here they come back. */
const describeRoute: Transform = (route) => {
  const described = toJsonSchema(route);
  const given = (route.schema as Described | undefined)?.response ?? {};
  const made = (described.schema as Described).response ?? {};
  for (const [status, answer] of Object.entries(given)) complete(made[status], answer);
  return described;
};

function complete(made: DescribedAnswer = {}, { headers, content = {} }: DescribedAnswer): void {
  if (headers !== undefined) made.headers = headers;
  for (const [type, { examples }] of Object.entries(content)) {
    Object.assign(made.content?.[type] ?? {}, examples && { examples });
  }
}

type TransformObject = NonNullable<FastifyDynamicSwaggerOptions['transformObject']>;

/** The conversion names every schema twice, as output and, with a suffix, as input. Only answers have names here. */
const nameSchemas: TransformObject = (document) => {
  const named = toNamedJsonSchemas(document) as { components: { schemas: object } };
  const schemas = Object.entries(named.components.schemas).filter(([name]) => !name.endsWith('Input'));
  return { ...named, components: { ...named.components, schemas: Object.fromEntries(schemas) } };
};

/** Of the page itself, where the function below runs. */
declare const ui: { preauthorizeApiKey(scheme: string, value: string): void };

/** The page of `/docs`: its scripts and styles come from here, and it calls nobody else. */
export function docsOptions(config: Pick<Config, 'basePath'>, mode: Caller['mode']): FastifySwaggerUiOptions {
  return {
    routePrefix: '/docs',
    uiConfig: {
      validatorUrl: null,
      deepLinking: true,
      displayRequestDuration: true,
      // Whoever tries the examples is the user whom they are written for.
      ...(mode === 'none' && { onComplete: () => ui.preauthorizeApiKey('userId', '1001') }),
    },
    theme: { title: 'weiliao API' },
    // Links of the page are relative, whatever a proxy puts before its path.
    indexPrefix: '.',
    transformSpecification: (document, request) =>
      JSON.parse(documentFor(JSON.stringify(document), urlOf(selfOf(request, config)))) as typeof document,
    transformSpecificationClone: false,
    staticCSP: {
      'default-src': "'self'",
      'base-uri': "'self'",
      'frame-ancestors': "'self'",
      'img-src': "'self' data:",
      'object-src': "'none'",
      'style-src': "'self' 'unsafe-inline'",
    },
  };
}
