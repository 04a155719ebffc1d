import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ReadResp } from '../../src/event-store/eventstoredb/proto/protocol.ts';
import type { Outgoing } from '../../src/event-store/eventstoredb/proto/protocol.ts';
import { readAnswer } from '../../src/event-store/eventstoredb/read-frames.ts';
import type { ReadAnswer } from '../../src/event-store/eventstoredb/read-frames.ts';

const id = '0cd70337-be24-5ed6-b687-1f3498aa254b';
const data = { seq: 7, msg: 'hé 你好 \u0000 "quoted"' };
const metadata = { schemaVersion: 1, lastSeq: 7 };

interface Parts {
  readonly data: Uint8Array;
  readonly metadata: Uint8Array;
}

function json(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}

function answerOf(parts: Parts): Buffer {
  return ReadResp.encode({
    event: {
      event: {
        id: { string: id },
        streamIdentifier: { streamName: Buffer.from('conversation-dm~é~你') },
        streamRevision: 41,
        preparePosition: '4503599627370497',
        commitPosition: '4503599627370497',
        metadata: { type: 'MessageSent', created: '17954686750771234', 'content-type': 'application/json' },
        customMetadata: parts.metadata,
        data: parts.data,
      },
      commitPosition: '4503599627370497',
    },
  });
}

const read = (bytes: Uint8Array): ReadAnswer => readAnswer(ReadResp.decode(Buffer.from(bytes)));

describe("answers of EventStoreDB's reads", () => {
  test('an event, with texts of any script and positions beyond 32 bits', () => {
    const bytes = answerOf({ data: json(data), metadata: json(metadata) });
    expect(read(bytes)).toEqual({
      caughtUp: undefined,
      event: {
        id,
        type: 'MessageSent',
        data,
        metadata,
        stream: 'conversation-dm~é~你',
        revision: 41,
        position: 4_503_599_627_370_497,
        created: 1_795_468_675_077,
      },
    });
  });

  test("what others wrote without our metadata and without JSON is of no version and null, the server's own too", () => {
    const bytes = answerOf({ data: Buffer.from([0xff, 0x00]), metadata: new Uint8Array() });
    expect(read(bytes).event).toMatchObject({ data: null, metadata: { schemaVersion: 0 } });
  });

  test('caught up, fell behind, and the rest that says neither', () => {
    const answers: Outgoing<ReadResp>[] = [{ caughtUp: {} }, { fellBehind: {} }, { checkpoint: { commitPosition: 9 } }];
    const said = answers.map((answer) => read(ReadResp.encode(answer)));
    expect(said.map(({ caughtUp: told }) => told)).toEqual([true, false, undefined]);
    expect(said.every(({ event }) => event === undefined)).toBe(true);
  });

  test('bytes cut off anywhere are refused, or leave out what is missing; nothing is made up', () => {
    const bytes = answerOf({ data: json(data), metadata: json(metadata) });
    for (let length = 0; length < bytes.length; length += 1) {
      const answer = attempt(bytes.subarray(0, length));
      if (answer === 'refused') continue;
      expect(answer.event === undefined || answer.event.data === null).toBe(true);
    }
  });

  test('whatever bytes come, it ends', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const answer = attempt(bytes);
        expect(answer === 'refused' || answer.event === undefined || typeof answer.event.stream === 'string').toBe(
          true,
        );
      }),
      { numRuns: 2_000 },
    );
  });
});

function attempt(bytes: Uint8Array): ReadAnswer | 'refused' {
  try {
    return read(bytes);
  } catch {
    return 'refused';
  }
}
