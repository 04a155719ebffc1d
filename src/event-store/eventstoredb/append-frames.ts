import sharedPb from '@eventstore/db-client/generated/shared_pb.js';
import streamsPb from '@eventstore/db-client/generated/streams_pb.js';
import type { BatchAppendReq, BatchAppendResp } from '@eventstore/db-client/generated/streams_pb.js';
import emptyPb from 'google-protobuf/google/protobuf/empty_pb.js';
import type { AppendOutcome, AppendRequest, EncodedEvent } from './append-protocol.ts';

/**
 * Requests and answers of EventStoreDB's batch append, on db-client's generated classes. Two things differ from what
 * db-client sends. Contents go as bytes: it takes a detour over base64 and serialises each event twice. No deadline is
 * named, so that the server's own holds (2 s): db-client names a point in time by this machine's clock, and every
 * append fails where the server's is ahead.
 */

const contentType = 'application/json';

export function appendFrame(append: AppendRequest, correlation: number): BatchAppendReq {
  const frame = new streamsPb.BatchAppendReq();
  const place = new sharedPb.UUID.Structured();
  place.setMostSignificantBits('0');
  place.setLeastSignificantBits(String(correlation));
  const id = new sharedPb.UUID();
  id.setStructured(place);
  frame.setCorrelationId(id);
  frame.setOptions(appendOptions(append));
  for (const event of append.events) frame.addProposedMessages(proposedMessage(event));
  frame.setIsFinal(true);
  return frame;
}

function appendOptions({ stream, expected }: AppendRequest): BatchAppendReq.Options {
  const options = new streamsPb.BatchAppendReq.Options();
  const identifier = new sharedPb.StreamIdentifier();
  identifier.setStreamName(Buffer.from(stream));
  options.setStreamIdentifier(identifier);
  if (expected === 'no_stream') options.setNoStream(new emptyPb.Empty());
  else options.setStreamPosition(String(expected));
  return options;
}

function proposedMessage([id, type, data, metadata]: EncodedEvent): BatchAppendReq.ProposedMessage {
  const message = new streamsPb.BatchAppendReq.ProposedMessage();
  const uuid = new sharedPb.UUID();
  uuid.setString(id);
  message.setId(uuid);
  message.getMetadataMap().set('type', type).set('content-type', contentType);
  message.setData(Buffer.from(data));
  message.setCustomMetadata(Buffer.from(metadata));
  return message;
}

/** `transient`: the same append may succeed in a moment; whether this one did is unknown. */
export type AppendAnswer = Unkeyed<AppendOutcome> | { readonly kind: 'transient'; readonly reason: string };
type Unkeyed<T> = T extends unknown ? Omit<T, 'key'> : never;

export interface AppendReply {
  /** Of the frame that is answered. */
  readonly correlation: number;
  readonly answer: AppendAnswer;
}

export function readReply(reply: BatchAppendResp): AppendReply {
  const correlation = correlationOf(reply);
  const success = reply.getSuccess();
  if (success === undefined) return { correlation, answer: readError(reply) };
  const revision = Number(success.getCurrentRevision());
  const position = Number(success.getPosition()?.getCommitPosition());
  return { correlation, answer: { kind: 'appended', revision, position } };
}

/** A server may answer an id of either form in the other. */
function correlationOf(reply: BatchAppendResp): number {
  const id = reply.getCorrelationId();
  const structured = id?.getStructured();
  if (structured !== undefined) return Number(structured.getLeastSignificantBits());
  return Number.parseInt(id?.getString().slice(-12) ?? '', 16);
}

function readError(reply: BatchAppendResp): AppendAnswer {
  const error = reply.getError();
  const details = error?.getDetails();
  const type = details?.getTypeName() ?? '';
  switch (type) {
    case 'event_store.client.WrongExpectedVersion': {
      const wrong = details?.unpack((bytes) => sharedPb.WrongExpectedVersion.deserializeBinary(bytes), type);
      const moved = wrong?.hasCurrentStreamRevision() === true;
      return { kind: 'wrong', actual: moved ? Number(wrong.getCurrentStreamRevision()) : 'no_stream' };
    }
    case 'event_store.client.MaximumAppendSizeExceeded':
      return { kind: 'refused', reason: 'it is larger than the server takes' };
    case 'event_store.client.StreamDeleted':
      return { kind: 'refused', reason: 'its stream was deleted for good' };
    case 'event_store.client.BadRequest':
      return { kind: 'refused', reason: 'the server calls it malformed' };
    case 'event_store.client.AccessDenied':
      return { kind: 'unavailable', reason: 'access denied' };
    default:
      // A timeout, busy, not ready, no leader, unknown: nothing that stays so.
      return { kind: 'transient', reason: error?.getMessage() ?? type };
  }
}
