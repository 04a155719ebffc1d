import type { Long, ProposedMessage, StreamIdentifier, UUID } from 'weiliao/eventstoredb-protocol';
import type { Expected } from './decide.ts';
import type { WriteOptions } from './protocol.ts';
import { handlerFailed, invalid } from './rpc-errors.ts';
import type { WireEvent } from './stored-event.ts';

const uuidForm = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const emptyUuid = '00000000-0000-0000-0000-000000000000';

export function streamNameOf(identifier: StreamIdentifier | null | undefined): string {
  const name = identifier?.streamName.toString() ?? '';
  if (name === '') throw handlerFailed();
  return name;
}

/** Lower case. Throws `RpcError` where it is none. */
export function uuidOf(message: UUID | null): string {
  const structured = message?.structured ?? null;
  const text =
    structured === null
      ? (message?.string ?? '').toLowerCase()
      : formatUuid(hex(structured.mostSignificantBits) + hex(structured.leastSignificantBits));
  if (!uuidForm.test(text)) throw invalid(`'${text}' is not a UUID`);
  return text;
}

function hex(bits: Long): string {
  return unsigned(bits).toString(16).padStart(16, '0');
}

function formatUuid(digits: string): string {
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

type ExpectedOptions = Pick<WriteOptions, 'noStream' | 'any' | 'streamExists'>;

/** Which of the four ways of expecting a stream a request names. Throws `RpcError` where it is none. */
export function expectedOf(options: ExpectedOptions, revision: Long | null): Expected {
  // The highest number of all stands for -1: that there is no such stream.
  if (revision !== null) return unsigned(revision) === highest ? 'no_stream' : toRevision(revision);
  if (options.noStream !== null) return 'no_stream';
  if (options.any !== null) return 'any';
  if (options.streamExists !== null) return 'stream_exists';
  throw invalid("'None' is not a valid expected stream revision");
}

const highestRevision = 2n ** 63n - 1n;

/** Throws `RpcError` where no stream can get so far. */
export function toRevision(bits: Long): bigint {
  const revision = unsigned(bits);
  if (revision > highestRevision) throw handlerFailed();
  return revision;
}

/** All 64 bits as a whole number. */
export function unsigned({ high, low }: Long): bigint {
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}

/** The highest number of 64 bits stands for the end. */
export const highest = 2n ** 64n - 1n;

/** Throws an `Error` with EventStoreDB's words where the event is none. */
export function proposedEvent(message: ProposedMessage): WireEvent {
  const id = uuidOf(message.id);
  const type = message.metadata['type'] ?? '';
  if (id === emptyUuid) throw new Error("Empty eventId provided. (Parameter 'eventId')");
  if (type === '') throw new Error("Empty eventType provided. (Parameter 'eventType')");
  const json = message.metadata['content-type'] === 'application/json';
  return { id, type, json, data: Buffer.from(message.data), metadata: Buffer.from(message.customMetadata) };
}
