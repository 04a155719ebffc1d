import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify';
import { expect } from 'vitest';
import { z } from 'zod';

type Json = Record<string, unknown>;
interface Operation {
  responses: Record<string, { content?: Record<string, { schema: Json }>; headers?: Json }>;
}
export interface OpenApi {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Json>; securitySchemes: Record<string, Json> };
}

/** Checks an answer against the OpenAPI document: the status is listed, and so are its media type and its shape. */
export function createContractCheck(app: FastifyInstance) {
  const validators = new Map<object, z.ZodType>();
  return async (request: InjectOptions, response: LightMyRequestResponse): Promise<void> => {
    await app.ready();
    const document = app.swagger() as unknown as OpenApi;
    const operation = operationOf(document, request);
    if (operation === undefined) return;
    const label = `${request.method ?? 'GET'} ${JSON.stringify(request.url)} -> ${response.statusCode}`;
    const listed = operation.responses[response.statusCode];
    expect(listed, `${label} is not in the OpenAPI document`).toBeDefined();
    for (const header of Object.keys(listed!.headers ?? {})) {
      expect(response.headers, label).toHaveProperty(header.toLowerCase());
    }
    const mediaType = String(response.headers['content-type']).split(';')[0]!;
    const schema = listed!.content?.[mediaType]?.schema;
    expect(schema, `${label}: ${mediaType} is not in the OpenAPI document`).toBeDefined();
    if (!mediaType.endsWith('json')) return;
    let validator = validators.get(schema!);
    validator ??= z.fromJSONSchema(closed(inlined(schema!, document)) as z.core.JSONSchema.JSONSchema);
    validators.set(schema!, validator);
    expect(validator.safeParse(response.json()).error, label).toBeUndefined();
  };
}

function operationOf(document: OpenApi, { method = 'GET', url }: InjectOptions): Operation | undefined {
  if (typeof url !== 'string') return undefined;
  const path = url.split('?')[0]!;
  for (const [template, operations] of Object.entries(document.paths)) {
    const pattern = new RegExp(`^${template.replace(/\{[^}]+\}/g, '[^/]*')}$`);
    if (pattern.test(path)) return operations[method.toLowerCase()];
  }
  return undefined;
}

/** A schema with what its references name in their places. */
function inlined(value: unknown, document: OpenApi): unknown {
  if (Array.isArray(value)) return value.map((each) => inlined(each, document));
  if (typeof value !== 'object' || value === null) return value;
  if ('$ref' in value) {
    const name = String(value.$ref).replace('#/components/schemas/', '');
    return inlined(document.components.schemas[name], document);
  }
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, inlined(each, document)]));
}

/** A schema that allows no property it does not name: an answer must not hold more than the document says. */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== 'object' || value === null) return value;
  const copy = Object.fromEntries(Object.entries(value).map(([key, each]) => [key, closed(each)]));
  return 'properties' in copy && copy.type === 'object' ? { additionalProperties: false, ...copy } : copy;
}
