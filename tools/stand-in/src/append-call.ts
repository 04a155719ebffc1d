import type { ServerReadableStream } from '@grpc/grpc-js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import type { AppendReq, AppendResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { Expected } from './decide.ts';
import type { Log } from './log.ts';
import { expectedOf, proposedEvent, streamNameOf } from './requests.ts';
import { appendTooLarge, invalid, maxAppendSize, metadataMissing, streamDeleted } from './rpc-errors.ts';
import { toStored } from './stored-event.ts';
import type { WireEvent } from './stored-event.ts';

/** One append: first its options, then an event a message. Throws `RpcError`. */
export async function appendOne(log: Log, requests: ServerReadableStream<AppendReq, AppendResp>): Promise<AppendResp> {
  let options: AppendReq.Options | undefined;
  const events: WireEvent[] = [];
  let size = 0;
  for await (const request of requests as AsyncIterable<AppendReq>) {
    if (options === undefined) {
      options = request.getOptions();
      if (options === undefined) throw invalid('an append begins with its options');
      continue;
    }
    const event = takeEvent(request);
    events.push(event);
    size += event.data.length;
    if (size > maxAppendSize) throw appendTooLarge();
  }
  if (options === undefined) throw invalid('an append without options');
  const stream = streamNameOf(options.getStreamIdentifier());
  const expected = expectedOf({
    revision: options.hasRevision() ? options.getRevision() : undefined,
    noStream: options.hasNoStream(),
    any: options.hasAny(),
    streamExists: options.hasStreamExists(),
  });
  const outcome = await log.append(stream, events.map(toStored), expected);
  if (outcome.kind === 'deleted') throw streamDeleted(stream);
  if (outcome.kind === 'wrong') return wrongResponse(expected, outcome.actual);
  return successResponse(outcome.revision, outcome.position);
}

function takeEvent(request: AppendReq): WireEvent {
  const message = request.getProposedMessage();
  if (message === undefined) throw invalid('an append goes on with its events');
  for (const property of ['type', 'content-type']) {
    if (!message.getMetadataMap().has(property)) throw metadataMissing(property);
  }
  return proposedEvent(message);
}

function successResponse(revision: number, position: number | undefined): AppendResp {
  const success = new streams.AppendResp.Success();
  if (revision < 0) success.setNoStream(new shared.Empty());
  else success.setCurrentRevision(String(revision));
  if (position === undefined) return new streams.AppendResp().setSuccess(success.setNoPosition(new shared.Empty()));
  const place = new streams.AppendResp.Position()
    .setCommitPosition(String(position))
    .setPreparePosition(String(position));
  return new streams.AppendResp().setSuccess(success.setPosition(place));
}

function wrongResponse(expected: Expected, actual: number): AppendResp {
  const wrong = new streams.AppendResp.WrongExpectedVersion();
  if (actual < 0) wrong.setCurrentNoStream(new shared.Empty());
  else wrong.setCurrentRevision(String(actual));
  if (expected === 'any') wrong.setExpectedAny(new shared.Empty());
  else if (expected === 'stream_exists') wrong.setExpectedStreamExists(new shared.Empty());
  else if (expected === 'no_stream') wrong.setExpectedNoStream(new shared.Empty());
  else wrong.setExpectedRevision(String(expected));
  return new streams.AppendResp().setWrongExpectedVersion(wrong);
}
