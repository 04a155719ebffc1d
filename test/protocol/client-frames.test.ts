import { describe, expect, test } from 'vitest';
import { conversationCommands } from '../../src/commands/commands.ts';
import { clientFrames, clientFrameSchema } from '../../src/protocol/client-frames.ts';
import { commandFrames } from '../../src/protocol/command-frames.ts';
import { maxCursorLength, maxDeviceLength } from '../../src/protocol/limits.ts';
import { originalFrames } from '../../src/protocol/original-frames.ts';
import { parseFrame } from '../../src/protocol/parse-frame.ts';

const parse = (frame: unknown) => parseFrame(clientFrameSchema, JSON.stringify(frame));

describe.each(clientFrames)('the client frame $type', ({ type, schema, example }) => {
  test('has an example that is taken as it is', () => {
    expect(parse(example)).toEqual({ ok: true, frame: example });
  });

  test('says its own type', () => {
    expect(schema.shape.type.value).toBe(type);
  });

  test('is taken with fields that are not known, and without them', () => {
    expect(parse({ ...example, later: 1 })).toEqual({ ok: true, frame: example });
  });
});

test('every command on a conversation can be given by a frame', () => {
  const given = Object.values(commandFrames).map(({ command }) => command);
  expect(given.sort()).toEqual(Object.keys(conversationCommands).sort());
});

describe('a frame that is no good', () => {
  const send = { type: 'send', id: 'm-1', to: '1002', msg: 'hello' };
  const read = { type: 'read', conversation: 'dm~a~b', seq: 1 };

  test.each([
    ['user', { type: 'hello', user: 'a b' }],
    ['user', { type: 'hello', user: 1.5 }],
    ['token', { type: 'hello', token: 7 }],
    ['username', { type: 'hello', user: 'a', username: '' }],
    ['device', { type: 'hello', user: 'a', device: 'x'.repeat(maxDeviceLength + 1) }],
    ['cursor', { type: 'hello', user: 'a', cursor: 'x'.repeat(maxCursorLength + 1) }],
    ['id', { ...send, id: 'no blanks' }],
    ['id', { ...send, id: undefined }],
    ['to', { ...send, to: undefined }],
    ['to', { ...send, conversation: 'dm~a~b' }],
    ['msg', { ...send, msg: '' }],
    ['msg', { ...send, msg: 'x'.repeat(8_193) }],
    ['msg', { ...send, msg: '水'.repeat(2_731) }],
    ['msg', { ...send, msg: 'half a \ud83d pair' }],
    ['conversation', { ...read, conversation: '' }],
    ['conversation', { ...read, conversation: 'x'.repeat(161) }],
    ['seq', { ...read, seq: 0 }],
    ['seq', { ...read, seq: 1.5 }],
    ['seq', { ...read, seq: '1' }],
    ['on', { type: 'typing', conversation: 'dm~a~b', on: 'yes' }],
  ])('is told by its field %s: %j', (field, frame) => {
    expect(parse(frame)).toMatchObject({ ok: false, reason: expect.stringMatching(`^${field}: `) as string });
  });

  test.each([['wave'], [undefined], [7]])('is told which types there are: %j', (type) => {
    const reason = expect.stringContaining('a type: hello, send, read, typing or ping') as string;
    expect(parse({ ...send, type })).toEqual({ ok: false, id: 'm-1', reason });
  });

  test('is told by its id where it has one that can be echoed', () => {
    expect(parse({ ...send, msg: 7 })).toMatchObject({ id: 'm-1' });
    expect(parse({ ...send, msg: 7, id: 7 })).toMatchObject({ id: undefined });
    expect(parse({ ...send, id: 'x'.repeat(65) })).toMatchObject({ id: undefined });
  });

  test.each(['', '{', 'null', '[]', '7', '"hello"'])('is refused where it is %j', (text) => {
    expect(parseFrame(clientFrameSchema, text)).toMatchObject({ ok: false, id: undefined });
  });
});

describe('a frame of the original system', () => {
  const schema = originalFrames.originalSend.schema;

  test('names the addressee by number or text', () => {
    for (const toId of [1002, '1002']) {
      const text = JSON.stringify({ toId, msg: 'hello', from: 'whatever the page puts in' });
      expect(parseFrame(schema, text)).toEqual({ ok: true, frame: { toId: '1002', msg: 'hello' } });
    }
  });

  test.each([
    ['toId', { msg: 'hello' }],
    ['msg', { toId: 1002, msg: '' }],
  ])('is told by its field %s', (field, frame) => {
    const reason = expect.stringMatching(`^${field}: `) as string;
    expect(parseFrame(schema, JSON.stringify(frame))).toMatchObject({ ok: false, reason });
  });
});
