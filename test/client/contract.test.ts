import { describe, expect, expectTypeOf, test } from 'vitest';
import type { z } from 'zod';
import { mayReconnect } from '../../packages/client/src/may-reconnect.ts';
import type * as client from '../../packages/client/src/index.ts';
import { closeCodes, maxMessageBytes } from '../../packages/client/src/frames.ts';
import { parseServerFrame } from '../../packages/client/src/parse.ts';
import { maxMessageBytes as wireMaxMessageBytes } from '../../src/domain/conversation/message-text.ts';
import type { ClientFrame } from '../../src/protocol/client-frames.ts';
import { closeCodes as wireCloseCodes } from '../../src/protocol/close-codes.ts';
import type { ErrorCode } from '../../src/protocol/error-codes.ts';
import type { Message } from '../../src/protocol/message.ts';
import type { replyFrames } from '../../src/protocol/reply-frames.ts';
import { serverFrames } from '../../src/protocol/server-frames.ts';
import type { ServerFrame } from '../../src/protocol/server-frames.ts';

/** A type of zod as the client writes it: nothing is `undefined` that may be left out, and nothing is written to. */
type Plain<T> = T extends object ? { readonly [Field in keyof T]: Plain<Exclude<T[Field], undefined>> } : T;
/** A newer server may send further codes, so the client's type of a refusal is open. */
type OpenCode<T> = T extends { readonly code: ErrorCode }
  ? { readonly [Field in keyof T]: Field extends 'code' ? client.ErrorFrame['code'] : T[Field] }
  : T;
type Reply<Name extends keyof typeof replyFrames> = Plain<z.infer<(typeof replyFrames)[Name]['schema']>>;

describe('the types of the client', () => {
  test('are those of the wire, in both directions', () => {
    expectTypeOf<client.ClientFrame>().toEqualTypeOf<Plain<ClientFrame>>();
    expectTypeOf<client.ServerFrame>().toEqualTypeOf<OpenCode<Plain<ServerFrame>>>();
    expectTypeOf<client.Message>().toEqualTypeOf<Plain<Message>>();
    expectTypeOf<client.SendAckFrame>().toEqualTypeOf<Reply<'sendAck'>>();
    expectTypeOf<client.ReadAckFrame>().toEqualTypeOf<Reply<'readAck'>>();
    expectTypeOf<client.ErrorCode>().toEqualTypeOf<ErrorCode>();
    expectTypeOf(closeCodes).toEqualTypeOf(wireCloseCodes);
  });
});

describe.each(serverFrames)('the frame $name', ({ schema, example }) => {
  const frame: Readonly<Record<string, unknown>> = example;

  test('is taken as it is', () => {
    expect(parseServerFrame(JSON.stringify(frame))).toEqual(frame);
  });

  test('is taken with fields of a later version', () => {
    expect(parseServerFrame(JSON.stringify({ ...frame, later: { and: 'more' } }))).toMatchObject(frame);
  });

  const fields = Object.entries<z.ZodType>(schema.shape).filter(([field]) => field !== 'type');

  test.each(fields)('is refused without %s, unless that may be left out', (field, { safeParse }) => {
    const parse = (): unknown => parseServerFrame(JSON.stringify({ ...frame, [field]: undefined }));
    if (safeParse(undefined).success) expect(parse()).toBeDefined();
    else expect(parse).toThrow(field === 'message' ? 'bad' : `a bad ${field}`);
  });

  test.each(fields)('is refused where %s is of another type', (field, { safeParse }) => {
    // A code that is not known here is a newer server's.
    const open = (value: unknown): boolean => field === 'code' && typeof value === 'string';
    const wrong = [null, true, 7, 'text', [], {}].filter((value) => !open(value) && !safeParse(value).success);
    expect(wrong.length).toBeGreaterThan(2);
    for (const value of wrong) {
      const text = JSON.stringify({ ...frame, [field]: value });
      expect(() => parseServerFrame(text), text).toThrow(/bad/);
    }
  });
});

describe('a frame of a kind that is not known', () => {
  const place = { conversation: 'dm~a~b', revision: 7, cursor: 'c' };

  test('is left aside', () => {
    expect(parseServerFrame(JSON.stringify({ type: 'newer', and: 'more' }))).toBeUndefined();
    expect(parseServerFrame(JSON.stringify({ type: 'toString' }))).toBeUndefined();
  });

  test('counts where it tells an event', () => {
    expect(parseServerFrame(JSON.stringify({ type: 'newer', ...place }))).toEqual({ type: 'other', ...place });
  });

  test.each(['no JSON', '[]', '7', '{}', '{"type":7}'])('%s is no frame', (text) => {
    expect(() => parseServerFrame(text)).toThrow('a frame of the server');
  });

  test('nor is what is binary', () => {
    expect(() => parseServerFrame(new ArrayBuffer(2))).toThrow('is binary');
  });
});

describe('a client', () => {
  test.each(Object.entries(wireCloseCodes))('comes back after %s %i, if it is below 4500', (_name, code) => {
    expect(mayReconnect(code)).toBe(code < 4500);
  });

  test.each([1000, 1001, 1006, 4499, 5000])('comes back after %i, which is no code of refusal', (code) => {
    expect(mayReconnect(code)).toBe(true);
  });

  test('knows the longest message that a server takes', () => {
    expect(maxMessageBytes).toBe(wireMaxMessageBytes);
  });
});
