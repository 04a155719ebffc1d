import type { ServerReadableStream } from '@grpc/grpc-js';
import type { Outgoing } from 'weiliao/eventstoredb-protocol';
import type { Expected } from './decide.ts';
import type { Log } from './log.ts';
import type { AppendReq, AppendResp, WriteOptions, WrongVersion } from './protocol.ts';
import { expectedOf, proposedEvent, streamNameOf } from './requests.ts';
import { positionMessage } from './responses.ts';
import { appendTooLarge, invalid, maxAppendSize, metadataMissing, streamDeleted } from './rpc-errors.ts';
import { toStored } from './stored-event.ts';
import type { WireEvent } from './stored-event.ts';

type AppendResponse = Outgoing<AppendResp>;

/** One append: first its options, then an event a message. Throws `RpcError`. */
export async function appendOne(
  log: Log,
  requests: ServerReadableStream<AppendReq, AppendResponse>,
): Promise<AppendResponse> {
  let options: WriteOptions | null = null;
  const events: WireEvent[] = [];
  let size = 0;
  for await (const request of requests as AsyncIterable<AppendReq>) {
    if (options === null) {
      options = request.options;
      if (options === null) throw invalid('an append begins with its options');
      continue;
    }
    const event = takeEvent(request);
    events.push(event);
    size += event.data.length;
    if (size > maxAppendSize) throw appendTooLarge();
  }
  if (options === null) throw invalid('an append without options');
  const stream = streamNameOf(options.streamIdentifier);
  const expected = expectedOf(options, options.revision);
  const outcome = await log.append(stream, events.map(toStored), expected);
  if (outcome.kind === 'deleted') throw streamDeleted(stream);
  if (outcome.kind === 'wrong') return { wrongExpectedVersion: wrongVersion(expected, outcome.actual) };
  const { revision, position } = outcome;
  const place = position === undefined ? { noPosition: {} } : { position: positionMessage(position) };
  return { success: { ...(revision < 0 ? { noStream: {} } : { currentRevision: revision }), ...place } };
}

function takeEvent({ proposedMessage }: AppendReq): WireEvent {
  if (proposedMessage === null) throw invalid('an append goes on with its events');
  for (const property of ['type', 'content-type']) {
    if (!(property in proposedMessage.metadata)) throw metadataMissing(property);
  }
  return proposedEvent(proposedMessage);
}

function wrongVersion(expected: Expected, actual: number): Outgoing<WrongVersion> {
  const current = actual < 0 ? { currentNoStream: {} } : { currentRevision: actual };
  if (expected === 'any') return { ...current, expectedAny: {} };
  if (expected === 'stream_exists') return { ...current, expectedStreamExists: {} };
  if (expected === 'no_stream') return { ...current, expectedNoStream: {} };
  return { ...current, expectedRevision: String(expected) };
}
