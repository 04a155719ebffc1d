import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { asyncApiDocument } from '../../src/protocol/asyncapi.ts';
import type { AsyncApiOptions } from '../../src/protocol/asyncapi.ts';
import { clientFrames } from '../../src/protocol/client-frames.ts';
import { closeCodes } from '../../src/protocol/close-codes.ts';
import { originalFrames } from '../../src/protocol/original-frames.ts';
import { serverFrames } from '../../src/protocol/server-frames.ts';

/** What this document uses of AsyncAPI 3.1, to the letter. */
const ref = z.strictObject({ $ref: z.string().startsWith('#/') });
const message = z.strictObject({
  name: z.string(),
  summary: z.string().min(1),
  contentType: z.literal('application/json'),
  payload: z.looseObject({ type: z.literal('object'), properties: z.record(z.string(), z.unknown()) }),
  examples: z.array(z.strictObject({ payload: z.record(z.string(), z.unknown()) })).min(1),
});
const document = z.strictObject({
  asyncapi: z.literal('3.1.0'),
  info: z.strictObject({
    title: z.string(),
    version: z.string(),
    description: z.string(),
    contact: z.strictObject({ name: z.string(), url: z.url() }),
    license: z.strictObject({ name: z.string(), url: z.url() }),
    tags: z.array(z.strictObject({ name: z.string(), description: z.string() })),
  }),
  defaultContentType: z.literal('application/json'),
  servers: z.record(
    z.string(),
    z.strictObject({
      host: z.string(),
      protocol: z.enum(['ws', 'wss']),
      pathname: z.string().startsWith('/').optional(),
      description: z.string(),
    }),
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
    z.strictObject({
      action: z.enum(['send', 'receive']),
      summary: z.string(),
      description: z.string(),
      channel: ref,
      messages: z.array(ref).min(1),
      security: z.array(ref).length(1),
      reply: z.strictObject({ channel: ref, messages: z.array(ref).min(1) }).optional(),
    }),
  ),
  components: z.strictObject({
    messages: z.record(z.string(), message),
    securitySchemes: z.strictObject({ user: z.looseObject({ type: z.string() }) }),
  }),
});

const options = { version: '1.2.3', mode: 'none', secure: false, host: 'chat.test:9092', path: '' } as const;
const documentOf = (given: Partial<AsyncApiOptions> = {}) =>
  document.parse(JSON.parse(JSON.stringify(asyncApiDocument({ ...options, ...given }))));
const api = documentOf();

function resolve(reference: string): unknown {
  const path = reference.slice(2).split('/');
  return path.reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], api);
}

type Ref = z.infer<typeof ref>;
const namesOf = (refs: readonly Ref[] = []): string[] => refs.map(({ $ref }) => $ref.split('/').at(-1)!);
/** Names of the messages that an operation moves, and of those that answer it. */
const moved = (operation: string): string[] => namesOf(api.operations[operation]!.messages);
const repliesTo = (operation: string): string[] => namesOf(api.operations[operation]!.reply?.messages);

describe('the AsyncAPI document', () => {
  test('tells every frame of both directions', () => {
    const types = clientFrames.map(({ type }) => type);
    for (const type of types) expect(moved(type)).toEqual([type]);
    expect(new Set([...types.flatMap(repliesTo), ...moved('sendFrames')])).toEqual(
      new Set(serverFrames.map(({ name }) => `${name}Frame`)),
    );
    const original = ['receiveOriginalFrames', 'sendOriginalMessages'];
    expect(new Set(original.flatMap((name) => [...moved(name), ...repliesTo(name)]))).toEqual(
      new Set(Object.keys(originalFrames)),
    );
  });

  test.each([
    ['hello', ['welcomeFrame', 'errorFrame']],
    ['send', ['sendAckFrame', 'errorFrame']],
    ['read', ['readAckFrame', 'errorFrame']],
    ['typing', ['errorFrame']],
    ['ping', ['pongFrame', 'errorFrame']],
    ['receiveOriginalFrames', ['originalError']],
  ])('tells what answers %s', (operation, replies) => {
    expect(repliesTo(operation)).toEqual(replies);
  });

  test.each([
    ['none', { type: 'apiKey', in: 'user' }],
    ['jwt', { type: 'http', scheme: 'bearer' }],
    ['proxy', { type: 'httpApiKey', in: 'header', name: 'x-user' }],
  ] as const)('says of every frame how its user is known, in auth mode %s', (mode, scheme) => {
    const { operations, components } = documentOf({ mode, userHeader: 'x-user' });
    for (const { security } of Object.values(operations)) {
      expect(security).toEqual([{ $ref: '#/components/securitySchemes/user' }]);
    }
    expect(components.securitySchemes.user).toMatchObject(scheme);
  });

  test.each(['jwt', 'proxy'] as const)('knows nothing of the original socket in auth mode %s', (mode) => {
    expect(Object.keys(documentOf({ mode }).channels)).toEqual(['v1']);
    expect(JSON.stringify(documentOf({ mode }))).not.toMatch(/original/i);
  });

  test('names the server as it was reached', () => {
    expect(api.servers['gateway']).toMatchObject({ host: 'chat.test:9092', protocol: 'ws' });
    const behind = documentOf({ secure: true, host: 'chat.example', path: '/chat' }).servers['gateway'];
    expect(behind).toMatchObject({ host: 'chat.example', protocol: 'wss', pathname: '/chat' });
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
