import sharedPb from '@eventstore/db-client/generated/shared_pb.js';
import streamsPb from '@eventstore/db-client/generated/streams_pb.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readAnswer } from '../../src/event-store/eventstoredb/read-frames.ts';

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

function answerOf(parts: Parts): InstanceType<typeof streamsPb.ReadResp> {
  const uuid = new sharedPb.UUID();
  uuid.setString(id);
  const stream = new sharedPb.StreamIdentifier();
  stream.setStreamName(Buffer.from('conversation-dm~é~你'));
  const event = new streamsPb.ReadResp.ReadEvent.RecordedEvent();
  event.setId(uuid);
  event.setStreamIdentifier(stream);
  event.setStreamRevision('41');
  event.setPreparePosition('4503599627370497');
  event.setCommitPosition('4503599627370497');
  event
    .getMetadataMap()
    .set('type', 'MessageSent')
    .set('created', '17954686750771234')
    .set('content-type', 'application/json');
  event.setCustomMetadata(parts.metadata);
  event.setData(parts.data);
  const read = new streamsPb.ReadResp.ReadEvent();
  read.setEvent(event);
  read.setCommitPosition('4503599627370497');
  const answer = new streamsPb.ReadResp();
  answer.setEvent(read);
  return answer;
}

describe("answers of EventStoreDB's reads", () => {
  test('an event, with texts of any script and positions beyond 32 bits', () => {
    const bytes = answerOf({ data: json(data), metadata: json(metadata) }).serializeBinary();
    expect(readAnswer(bytes)).toEqual({
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
    const bytes = answerOf({ data: Buffer.from([0xff, 0x00]), metadata: new Uint8Array() }).serializeBinary();
    expect(readAnswer(bytes).event).toMatchObject({ data: null, metadata: { schemaVersion: 0 } });
  });

  test('caught up, fell behind, and the rest that says neither', () => {
    const caughtUp = new streamsPb.ReadResp();
    caughtUp.setCaughtUp(new streamsPb.ReadResp.CaughtUp());
    const fellBehind = new streamsPb.ReadResp();
    fellBehind.setFellBehind(new streamsPb.ReadResp.FellBehind());
    const checkpoint = new streamsPb.ReadResp();
    const place = new streamsPb.ReadResp.Checkpoint();
    place.setCommitPosition('9');
    checkpoint.setCheckpoint(place);
    const said = [caughtUp, fellBehind, checkpoint].map((answer) => readAnswer(answer.serializeBinary()));
    expect(said.map(({ caughtUp: told }) => told)).toEqual([true, false, undefined]);
    expect(said.every(({ event }) => event === undefined)).toBe(true);
  });

  test('bytes cut off anywhere are refused, or leave out what is missing; nothing is made up', () => {
    const bytes = answerOf({ data: json(data), metadata: json(metadata) }).serializeBinary();
    for (let length = 0; length < bytes.length; length += 1) {
      const read = attempt(bytes.slice(0, length));
      if (read === 'refused') continue;
      expect(read.event === undefined || read.event.data === null).toBe(true);
    }
  });

  test('whatever bytes come, it ends', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const read = attempt(bytes);
        expect(read === 'refused' || read.event === undefined || typeof read.event.stream === 'string').toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});

function attempt(bytes: Uint8Array): ReturnType<typeof readAnswer> | 'refused' {
  try {
    return readAnswer(bytes);
  } catch {
    return 'refused';
  }
}
