import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { WrongExpectedVersion } from '../../src/event-store/eventstoredb/proto/generated/client.ts';
import { BatchAppendReq, ReadResp, Streams } from '../../src/event-store/eventstoredb/proto/generated/streams.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

test('what is made of the .proto files is up to date', async () => {
  const check = promisify(execFile)(process.execPath, ['scripts/proto.mjs', '--check'], { cwd: root });
  await expect(check).resolves.toMatchObject({ stderr: '' });
});

describe('messages', () => {
  test('have the bytes of the protocol', () => {
    const bytes = BatchAppendReq.encode({
      correlationId: { structured: { leastSignificantBits: 7 } },
      options: { streamIdentifier: { streamName: Buffer.from('a') }, noStream: {} },
      isFinal: true,
    });
    // Of EventStoreDB's own client: field 1 { structured { least 7 } }, 2 { stream { name 'a' }, no_stream }, 4 true.
    expect(bytes.toString('hex')).toBe('0a040a02100712070a031a01611a002001');
    expect(Streams.batchAppend.path).toBe('/event_store.client.streams.Streams/BatchAppend');
  });

  test('keep all 64 bits of a number, and say which of several was given', () => {
    const highest = '18446744073709551615';
    const bytes = WrongExpectedVersion.encode({ currentStreamRevision: 2 ** 53 - 1, expectedStreamPosition: highest });
    const read = WrongExpectedVersion.decode(bytes);
    expect(read.currentStreamRevision.toNumber()).toBe(2 ** 53 - 1);
    expect(read.expectedStreamPosition.toString()).toBe(highest);
    expect(read.currentStreamRevisionOption).toBe('currentStreamRevision');
  });

  test('leave out what was not given', () => {
    const { event } = ReadResp.decode(ReadResp.encode({ event: { event: {} } }));
    expect(event).toMatchObject({ link: null, noPosition: null });
    expect(event?.event).toMatchObject({ id: null, streamIdentifier: null });
    expect(event?.event?.data).toHaveLength(0);
    expect(ReadResp.decode(Buffer.alloc(0)).content).toBeUndefined();
  });
});
