import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { conversationKinds } from '../../src/domain/conversation/kinds.ts';
import type { ConversationEvent, ConversationEventType } from '../../src/domain/conversation/kinds.ts';
import { allErrorCodes, errorCodes } from '../../src/protocol/error-codes.ts';
import { commandFrames } from '../../src/protocol/command-frames.ts';
import { encodeEvent, eventFrames } from '../../src/protocol/event-frames.ts';
import { originalFrames, originalMessage } from '../../src/protocol/original-frames.ts';
import { errorFrame, pongFrame, replyFrames, welcomeFrame } from '../../src/protocol/reply-frames.ts';
import { serverFrames } from '../../src/protocol/server-frames.ts';

/** What breaks text that is put together by hand. */
const awkward = ['"', '\\', '"}', '\n', '\u2028\u2029', '\u0000\u001f\u007f', '😀', '\ufeff', '</script>', '{"a":1}'];
const text = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1 }),
  fc.constantFrom(...awkward),
  fc.array(fc.constantFrom(...awkward), { minLength: 1 }).map((parts) => parts.join('')),
);
const userId = fc.stringMatching(/^[A-Za-z0-9._-]{1,64}$/).filter((id) => !/^\.{1,2}$/.test(id));
const clientId = fc.stringMatching(/^[A-Za-z0-9._:-]{1,64}$/);
const userRef = fc.record({ id: userId, username: text });
const seq = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const time = fc.integer({ min: 0, max: 2 ** 43 });
const place = fc.record({
  conversation: fc.tuple(userId, userId).map((pair) => `dm~${pair.sort().join('~')}`),
  revision: fc.nat(),
  cursor: fc.stringMatching(/^[A-Za-z0-9_-]{22}$/),
});
const sent = fc.record({
  clientId,
  seq,
  from: userRef,
  to: fc.option(userRef),
  msg: text,
  sendDate: time,
});

/** A payload of each kind, awkward wherever people write. */
const payloads: { [Type in ConversationEventType]: fc.Arbitrary<Extract<ConversationEvent, { type: Type }>['data']> } =
  {
    MessageSent: sent,
    MessagesRead: fc.record({ reader: userId, after: fc.nat(), seq, readDate: time }),
  };

const kinds = Object.keys(conversationKinds) as ConversationEventType[];

/** To the letter: no field that the schema does not have. */
const strictly = (schema: z.ZodObject) => z.strictObject(schema.shape);

describe.each(serverFrames)('the server frame $name', ({ schema, example }) => {
  test('has an example that keeps its schema to the letter', () => {
    expect(strictly(schema).parse(example)).toEqual(example);
  });
});

describe('frames of events', () => {
  test.each(kinds)('of %s keep their schema whatever people write', (type) => {
    const schema = strictly(eventFrames[type].schema);
    fc.assert(
      fc.property(place, payloads[type], (at, data) => {
        const frame = schema.parse(JSON.parse(encodeEvent(at, { type, data } as ConversationEvent)));
        expect(frame).toMatchObject(at);
      }),
      { numRuns: 500 },
    );
  });

  test('of messages say what was sent, by hand as JSON.stringify would', () => {
    fc.assert(
      fc.property(place, sent, (at, data) => {
        const { conversation, revision, cursor } = at;
        const { clientId, seq, from, to, msg, sendDate } = data;
        const id = `${conversation}:${seq}`;
        const message = {
          id,
          clientId,
          conversation,
          seq,
          revision,
          from,
          to,
          msg,
          status: 1,
          sendDate,
          readDate: null,
        };
        const frame = { type: 'message', ...message, cursor };
        expect(encodeEvent(at, { type: 'MessageSent', data })).toBe(JSON.stringify(frame));
        const original = JSON.parse(originalMessage(at, data)) as typeof message;
        strictly(originalFrames.originalMessage.schema).parse(original);
        expect({ ...original, from, to }).toEqual(message);
        expect(String(original.from.id)).toBe(from.id);
      }),
      { numRuns: 500 },
    );
  });

  test('have types that no other frame of the server has', () => {
    const types = serverFrames.map(({ schema }) => schema.shape.type.value).filter((type) => type !== 'ack');
    expect(new Set(types).size).toBe(types.length);
    expect(types).toHaveLength(serverFrames.length - Object.keys(commandFrames).length);
    expect(new Set(serverFrames.map(({ name }) => name)).size).toBe(serverFrames.length);
  });
});

describe('answers', () => {
  test('to a send keep their schema, by hand as JSON.stringify would', () => {
    const outcome = fc.record({ place, seq, sendDate: time, duplicate: fc.boolean() });
    fc.assert(
      fc.property(clientId, outcome, (id, { place: { conversation, revision }, seq, sendDate, duplicate }) => {
        const message = `${conversation}:${seq}`;
        const ack = { message, conversation, seq, revision, sendDate, duplicate };
        // A command's outcome has more: that does not get out.
        const told = commandFrames.send.encodeAck(id, { ...ack, ...{ position: 77 } });
        expect(told).toBe(JSON.stringify({ type: 'ack', id, ...ack }));
        strictly(replyFrames.sendAck.schema).parse(JSON.parse(told));
      }),
    );
  });

  test('of every other kind keep their schema', () => {
    const welcome = { session: 's-1', user: 'a', cursor: 'c', recovered: false, serverTime: 1 };
    const frames = [
      [replyFrames.welcome, welcomeFrame(welcome)],
      [replyFrames.readAck, commandFrames.read.encodeAck('r-1', { conversation: 'dm~a~b', seq: 1 })],
      [replyFrames.readAck, commandFrames.read.encodeAck(undefined, { conversation: 'dm~a~b', seq: 1 })],
      [replyFrames.pong, pongFrame(1)],
      ...allErrorCodes.map((code) => [replyFrames.error, errorFrame('m-1', code, 'in "words"')] as const),
      [replyFrames.error, errorFrame(undefined, 'BAD_FRAME', 'in words')],
    ] as const;
    for (const [{ schema }, frame] of frames) {
      const parsed: object = strictly(schema).parse(JSON.parse(frame));
      expect(JSON.stringify(parsed)).toBe(frame);
    }
  });

  test.each(allErrorCodes)('tell whether %s is temporary', (code) => {
    expect(JSON.parse(errorFrame(undefined, code, ''))).toMatchObject({ temporary: errorCodes[code].temporary });
  });
});
