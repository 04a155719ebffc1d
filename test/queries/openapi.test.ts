import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { problemSchema } from '../../src/queries/problem.ts';
import type { Auth } from '../../src/shared/config.ts';
import { createDoor } from '../../src/auth/door.ts';
import { defaults, doorOf } from '../support/settings.ts';
import { jwt, startApi } from './support/api.ts';

const jsonTypes = z.enum(['string', 'number', 'integer', 'boolean', 'object', 'array', 'null']);

/** JSON Schema as far as the document uses it: strict, so that an unknown keyword is noticed. */
const jsonSchema: z.ZodType = z.lazy(() =>
  z.strictObject({
    $ref: z.string().startsWith('#/components/schemas/').optional(),
    type: z.union([jsonTypes, z.array(jsonTypes)]).optional(),
    description: z.string().optional(),
    properties: z.record(z.string(), jsonSchema).optional(),
    required: z.array(z.string()).optional(),
    items: jsonSchema.optional(),
    additionalProperties: jsonSchema.optional(),
    propertyNames: jsonSchema.optional(),
    anyOf: z.array(jsonSchema).optional(),
    oneOf: z.array(jsonSchema).optional(),
    not: jsonSchema.optional(),
    enum: z.array(z.unknown()).optional(),
    const: z.unknown().optional(),
    default: z.unknown().optional(),
    pattern: z.string().optional(),
    minLength: z.int().optional(),
    maxLength: z.int().optional(),
    minimum: z.number().optional(),
    maximum: z.number().optional(),
    exclusiveMinimum: z.number().optional(),
  }),
);

const examples = z.record(z.string(), z.strictObject({ summary: z.string().optional(), value: z.unknown() }));
const content = z.record(
  z.string().regex(/^[a-z]+\/[a-z.+-]+$/),
  z.strictObject({ schema: jsonSchema, examples: examples.optional() }),
);

const operation = z.strictObject({
  operationId: z.string().regex(/^[a-z][A-Za-z]+$/),
  summary: z.string().min(5),
  description: z.string().min(5),
  tags: z.array(z.string()).length(1),
  security: z.array(z.record(z.string(), z.array(z.string()))),
  parameters: z
    .array(
      z.strictObject({
        name: z.string(),
        in: z.enum(['path', 'query', 'header']),
        required: z.boolean(),
        description: z.string().optional(),
        schema: jsonSchema,
        examples: examples.optional(),
      }),
    )
    .optional(),
  requestBody: z.strictObject({ required: z.boolean().optional(), content }).optional(),
  responses: z.record(
    z.string().regex(/^[2-5][0-9]{2}$/),
    z.strictObject({
      description: z.string().refine((text) => text !== 'Default Response'),
      headers: z.record(z.string(), z.strictObject({ description: z.string(), schema: jsonSchema })).optional(),
      content: content.optional(),
    }),
  ),
});

const document = z.strictObject({
  openapi: z.literal('3.1.0'),
  info: z.looseObject({ title: z.string(), version: z.string(), description: z.string() }),
  servers: z.array(z.strictObject({ url: z.string() })),
  externalDocs: z.strictObject({ url: z.string(), description: z.string() }),
  tags: z.array(z.strictObject({ name: z.string(), description: z.string() })),
  paths: z.record(
    z.string().startsWith('/'),
    z.partialRecord(z.enum(['get', 'post', 'put', 'patch', 'delete']), operation),
  ),
  components: z.strictObject({
    schemas: z.record(z.string(), jsonSchema),
    securitySchemes: z.record(z.string(), z.looseObject({ type: z.string() })),
  }),
});

describe.each(['none', 'jwt', 'proxy'] as const)('the OpenAPI document in auth mode %s', async (mode) => {
  const auth = { none: { mode: 'none' }, jwt, proxy: { mode: 'proxy', userHeader: 'x-user' } }[mode] as Auth;
  const { call } = startApi({ auth });
  const text = (await call({ url: '/openapi.json' })).body;
  const parsed = document.safeParse(JSON.parse(text));
  const operations = Object.entries(parsed.data?.paths ?? {}).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, described]) => ({ path, method, ...described })),
  );

  test('has the structure of OpenAPI 3.1', () => {
    expect(parsed.error?.issues ?? []).toEqual([]);
  });

  test('lists every route of the contract', () => {
    const open = mode === 'none' ? ['get /avatars/{file}', 'get /message', 'get /user'] : [];
    expect(operations.map(({ method, path }) => `${method} ${path}`).sort()).toEqual(
      [
        ...open,
        'get /asyncapi.json',
        'get /healthz',
        'get /metrics',
        'get /openapi.json',
        'get /readyz',
        'delete /v1/blocks/{user}',
        'get /v1/blocks',
        'get /v1/conversations',
        'get /v1/conversations/{id}/messages',
        'get /v1/info',
        'get /v1/messages/{id}',
        'get /v1/users',
        'get /v1/users/{id}',
        'patch /v1/users/{id}',
        'post /v1/messages',
        'post /v1/users',
        'put /v1/blocks/{user}',
        'put /v1/conversations/{id}/read',
      ].sort(),
    );
  });

  test('refers only to what it defines, and defines nothing in vain', () => {
    const refs = new Set([...text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name));
    expect([...refs].sort()).toEqual(Object.keys(parsed.data!.components.schemas).sort());
  });

  test('names operations once, and uses declared tags, parameters and security schemes', () => {
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
    const tags = parsed.data!.tags.map(({ name }) => name);
    const schemes = Object.keys(parsed.data!.components.securitySchemes);
    expect(new Set(operations.flatMap((each) => each.tags))).toEqual(new Set(tags));
    for (const { path, parameters = [], security = [] } of operations) {
      const inPath = parameters.filter((each) => each.in === 'path');
      expect(inPath.map(({ name }) => `{${name}}`)).toEqual(path.match(/\{[^}]+\}/g) ?? []);
      expect(inPath.every(({ required }) => required)).toBe(true);
      for (const requirement of security) expect(schemes).toEqual(expect.arrayContaining(Object.keys(requirement)));
    }
  });

  test('tells of problems as problem+json, and of the headers that come along', () => {
    for (const { path, method, tags, responses } of operations) {
      for (const [status, { content: body = {}, headers = {} }] of Object.entries(responses)) {
        const problem = Number(status) >= 400 && tags[0] !== 'operations';
        if (problem) expect(Object.keys(body)).toEqual(['application/problem+json']);
        if (status === '401') expect(headers).toHaveProperty('WWW-Authenticate');
        if (problem && status === '503') expect(headers).toHaveProperty('Retry-After');
        if (method !== 'get' && Number(status) < 300) expect(headers, path).toHaveProperty('Weiliao-Position');
      }
    }
  });

  test('asks for the caller where a route needs one', () => {
    const asks = (requirement: object): boolean => Object.keys(requirement).length > 0;
    const guarded = operations
      .filter(({ security }) => security.length > 0 && security.every(asks))
      .map(({ operationId }) => operationId);
    const own = ['block', 'changeUser', 'listBlocks', 'unblock'];
    const always = [...own, 'getMessage', 'listConversations', 'listMessages', 'markRead', 'sendMessage'];
    const withTokens = mode !== 'none' ? ['findUsers', 'getUser', 'registerUser'] : [];
    expect(guarded.sort()).toEqual([...always, ...withTokens].sort());
  });

  test('leads to the description of the gateway', () => {
    expect(parsed.data!.externalDocs.url).toBe('http://localhost/asyncapi.json');
    expect(parsed.data!.info.description).toContain('(http://localhost/asyncapi.json)');
  });

  test('has for each problem an example of its own status, code and kind', () => {
    for (const { path, tags, responses } of operations) {
      for (const [status, { content: body = {} }] of Object.entries(responses)) {
        const told = Object.entries(body['application/problem+json']?.examples ?? {});
        if (Number(status) >= 400 && tags[0] !== 'operations')
          expect(told.length, `${path} ${status}`).toBeGreaterThan(0);
        for (const [code, { value }] of told) {
          expect(problemSchema.parse(value)).toMatchObject({ code, status: Number(status) });
        }
      }
    }
  });

  test('tells of bodies that are too large or no JSON where there is a body, and where that which was made is', () => {
    for (const { path, method, requestBody, responses } of operations) {
      const [tooLarge, noJson] = ['413' in responses, '415' in responses];
      expect([tooLarge, noJson], `${method} ${path}`).toEqual([requestBody !== undefined, requestBody !== undefined]);
      if ('201' in responses) expect(responses['201'].headers).toHaveProperty('Location');
    }
  });

  test('offers nothing that is always refused', () => {
    expect(text).not.toContain('asOf');
    expect(text).not.toContain('"not":{}');
  });
});

describe('the address that documents name', () => {
  const https = { host: 'chat.example', 'x-forwarded-proto': 'https' };
  const door = createDoor(doorOf({ loopback: false }));

  test.each([
    ['the one that was called', '', { host: 'chat.example:9092' }, 'http://chat.example:9092'],
    ['that of a proxy that ends TLS', '', https, 'https://chat.example'],
    ['that of a proxy that shows this server under a path', '/chat', https, 'https://chat.example/chat'],
    ['this machine, where the request names none that can be', '', { host: 'a b"' }, 'http://localhost'],
    ['this machine, where the name would end the text', '', { host: 'a"b' }, 'http://localhost'],
    ['this machine, where the name would be a pattern', '', { host: 'a$&b' }, 'http://localhost'],
  ])('is %s', async (_what, basePath, headers, address) => {
    const { call } = startApi({ door, config: { ...defaults, basePath } });
    const openApi = (await call({ url: '/openapi.json', headers })).json<{ servers: unknown; externalDocs: object }>();
    expect(openApi.servers).toEqual([{ url: address }]);
    expect(openApi.externalDocs).toMatchObject({ url: `${address}/asyncapi.json` });
    expect((await call({ url: '/docs/json', headers })).json()).toEqual(openApi);
    const { servers } = (await call({ url: '/asyncapi.json', headers })).json<{ servers: { gateway: object } }>();
    const { host, pathname, protocol } = new URL(address.replace('http', 'ws'));
    expect(servers.gateway).toMatchObject({ host, protocol: protocol.slice(0, -1) });
    expect('pathname' in servers.gateway ? servers.gateway.pathname : '/').toBe(pathname);
  });
});
