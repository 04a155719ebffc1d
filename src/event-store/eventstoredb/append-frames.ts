import type { AppendOutcome, AppendRequest, EncodedEvent } from './append-protocol.ts';
import { WrongExpectedVersion } from './proto/protocol.ts';
import type { BatchAppendReq, BatchAppendResp, Outgoing, ProposedMessage } from './proto/protocol.ts';

/**
 * Requests and answers of EventStoreDB's batch append. Two things differ from what db-client sends. Contents go as
 * bytes: it takes a detour over base64 and serialises each event twice. No deadline is named, so that the server's own
 * holds (2 s): db-client names a point in time by this machine's clock, and every append fails where the server's is
 * ahead.
 */

const contentType = 'application/json';

export function appendFrame(
  { stream, expected, events }: AppendRequest,
  correlation: number,
): Outgoing<BatchAppendReq> {
  const streamIdentifier = { streamName: Buffer.from(stream) };
  return {
    correlationId: { structured: { leastSignificantBits: correlation } },
    options:
      expected === 'no_stream' ? { streamIdentifier, noStream: {} } : { streamIdentifier, streamPosition: expected },
    proposedMessages: events.map(proposedMessage),
    isFinal: true,
  };
}

function proposedMessage([id, type, data, metadata]: EncodedEvent): Outgoing<ProposedMessage> {
  return {
    id: { string: id },
    metadata: { type, 'content-type': contentType },
    data: Buffer.from(data),
    customMetadata: Buffer.from(metadata),
  };
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
  const { success } = reply;
  if (success === null) return { correlation, answer: readError(reply) };
  const revision = success.currentRevision?.toNumber() ?? -1;
  const position = success.position?.commitPosition.toNumber() ?? 0;
  return { correlation, answer: { kind: 'appended', revision, position } };
}

/** A server may answer an id of either form in the other. */
function correlationOf({ correlationId }: BatchAppendResp): number {
  if (correlationId === null) return Number.NaN;
  const { structured, string } = correlationId;
  return structured === null ? Number.parseInt(string.slice(-12), 16) : structured.leastSignificantBits.toNumber();
}

const answers: Readonly<Record<string, AppendAnswer>> = {
  MaximumAppendSizeExceeded: { kind: 'refused', reason: 'it is larger than the server takes' },
  StreamDeleted: { kind: 'deleted' },
  BadRequest: { kind: 'refused', reason: 'the server calls it malformed' },
  AccessDenied: { kind: 'unavailable', reason: 'access denied' },
};

function readError({ error }: BatchAppendResp): AppendAnswer {
  if (error === null) return { kind: 'transient', reason: 'an answer of no known kind' };
  const { details, message } = error;
  const [, name = ''] = /\/event_store\.client\.(\w+)$/.exec(details?.type_url ?? '') ?? [];
  if (details !== null && name === 'WrongExpectedVersion') return readWrong(details.value);
  // A timeout, busy, not ready, no leader, unknown: nothing that stays so.
  return answers[name] ?? { kind: 'transient', reason: message };
}

function readWrong(details: Buffer): AppendAnswer {
  const { currentStreamRevision } = WrongExpectedVersion.decode(details);
  return { kind: 'wrong', actual: currentStreamRevision?.toNumber() ?? 'no_stream' };
}
