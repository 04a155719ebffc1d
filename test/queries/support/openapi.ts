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

/** The document is the same for every API of an auth mode, and takes longer to make than the API itself. */
const documents = new Map<string, OpenApi>();
const validators = new Map<object, z.ZodType>();

async function documentOf(app: FastifyInstance, mode: string): Promise<OpenApi> {
  await app.ready();
  const document = documents.get(mode) ?? (app.swagger() as unknown as OpenApi);
  documents.set(mode, document);
  return document;
}

/** Checks an answer against the OpenAPI document: its status is listed, and so are its headers, media type and shape. */
export function createContractCheck(app: FastifyInstance, mode: string) {
  return async (request: InjectOptions, response: LightMyRequestResponse): Promise<void> => {
    const document = await documentOf(app, mode);
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
    expect(validatorOf(schema!, document).safeParse(response.json()).error, label).toBeUndefined();
  };
}

function validatorOf(schema: Json, document: OpenApi): z.ZodType {
  const known = validators.get(schema);
  if (known !== undefined) return known;
  const made = z.fromJSONSchema(closed(inlined(schema, document)) as z.core.JSONSchema.JSONSchema);
  validators.set(schema, made);
  return made;
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
