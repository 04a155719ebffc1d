import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { asyncApiDocument } from '../../src/protocol/asyncapi.ts';
import { clientFrames } from '../../src/protocol/client-frames.ts';
import { closeCodes } from '../../src/protocol/close-codes.ts';
import { originalFrames } from '../../src/protocol/original-frames.ts';
import { serverFrames } from '../../src/protocol/server-frames.ts';

/** What this document uses of AsyncAPI 3.0, to the letter. */
const ref = z.strictObject({ $ref: z.string().startsWith('#/') });
const message = z.strictObject({
  name: z.string(),
  summary: z.string().min(1),
  contentType: z.literal('application/json'),
  payload: z.looseObject({ type: z.literal('object'), properties: z.record(z.string(), z.unknown()) }),
  examples: z.array(z.strictObject({ payload: z.record(z.string(), z.unknown()) })).min(1),
});
const document = z.strictObject({
  asyncapi: z.literal('3.0.0'),
  info: z.strictObject({
    title: z.string(),
    version: z.string(),
    description: z.string(),
    license: z.strictObject({ name: z.string() }),
  }),
  defaultContentType: z.literal('application/json'),
  servers: z.record(
    z.string(),
    z.strictObject({ host: z.string(), protocol: z.literal('ws'), description: z.string() }),
  ),
  channels: z.record(
    z.string(),
    z.strictObject({
      address: z.string().startsWith('/'),
      description: z.string(),
      parameters: z.record(z.string(), z.strictObject({ description: z.string() })).optional(),
      messages: z.record(z.string(), ref),
    }),
  ),
  operations: z.record(
    z.string(),
    z.strictObject({ action: z.enum(['send', 'receive']), channel: ref, messages: z.array(ref).min(1) }),
  ),
  components: z.strictObject({ messages: z.record(z.string(), message) }),
});

const api = document.parse(JSON.parse(JSON.stringify(asyncApiDocument('1.2.3'))));

function resolve(reference: string): unknown {
  const path = reference.slice(2).split('/');
  return path.reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], api);
}

/** Names of the messages that an operation moves. */
function moved(operation: string): string[] {
  return api.operations[operation]!.messages.map(({ $ref }) => $ref.split('/').at(-1)!);
}

describe('the AsyncAPI document', () => {
  test('tells every frame of both directions', () => {
    expect(moved('receiveFrames')).toEqual(clientFrames.map(({ type }) => type));
    expect(moved('sendFrames')).toEqual(serverFrames.map(({ name }) => `${name}Frame`));
    expect([...moved('receiveOriginalFrames'), ...moved('sendOriginalMessages')]).toEqual([
      ...Object.keys(originalFrames),
    ]);
  });

  test('refers only to what it defines, and defines nothing in vain', () => {
    const refs = [...JSON.stringify(api).matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference]) => reference!);
    for (const reference of refs) expect(resolve(reference), reference).toBeDefined();
    const used = Object.values(api.channels).flatMap(({ messages }) => Object.values(messages));
    expect(new Set(used.map(({ $ref }) => $ref.split('/').at(-1)))).toEqual(
      new Set(Object.keys(api.components.messages)),
    );
    for (const { channel, messages } of Object.values(api.operations)) {
      for (const { $ref } of messages) expect($ref.startsWith(`${channel.$ref}/messages/`)).toBe(true);
    }
  });

  test('has the parameters that its addresses name', () => {
    for (const { address, parameters = {} } of Object.values(api.channels)) {
      expect(Object.keys(parameters).map((name) => `{${name}}`)).toEqual(address.match(/\{[^}]+\}/g) ?? []);
    }
  });

  test.each(Object.entries(api.components.messages))('has examples of %s that its payload allows', (name, told) => {
    expect(told.name).toBe(name);
    const schema = z.fromJSONSchema(told.payload as Parameters<typeof z.fromJSONSchema>[0]);
    for (const { payload } of told.examples) {
      expect(schema.safeParse(payload).error).toBeUndefined();
      const [required] = (told.payload['required'] as string[] | undefined) ?? [];
      expect(schema.safeParse({ ...payload, [required!]: undefined }).success).toBe(false);
    }
  });

  test('names every close code', () => {
    for (const code of Object.values(closeCodes)) expect(api.info.description).toContain(String(code));
  });
});
