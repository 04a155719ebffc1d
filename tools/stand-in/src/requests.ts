import type { StreamIdentifier, UUID } from '@eventstore/db-client/generated/shared_pb.js';
import type { Expected } from './decide.ts';
import { handlerFailed, invalid } from './rpc-errors.ts';
import type { WireEvent } from './stored-event.ts';

const uuidForm = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const emptyUuid = '00000000-0000-0000-0000-000000000000';

export function streamNameOf(identifier: StreamIdentifier | undefined): string {
  const name = Buffer.from(identifier?.getStreamName_asU8() ?? []).toString('utf8');
  if (name === '') throw handlerFailed();
  return name;
}

/** Lower case. Throws `RpcError` where it is none. */
export function uuidOf(message: UUID | undefined): string {
  const structured = message?.getStructured();
  const text =
    structured === undefined
      ? (message?.getString() ?? '').toLowerCase()
      : formatUuid(hex(structured.getMostSignificantBits()) + hex(structured.getLeastSignificantBits()));
  if (!uuidForm.test(text)) throw invalid(`'${text}' is not a UUID`);
  return text;
}

function hex(signed: string): string {
  return BigInt.asUintN(64, BigInt(signed)).toString(16).padStart(16, '0');
}

function formatUuid(digits: string): string {
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** Which of the four ways of expecting a stream a request names; the order is that of the protocol's options. */
export function expectedOf(request: {
  readonly revision: string | undefined;
  readonly noStream: boolean;
  readonly any: boolean;
  readonly streamExists: boolean;
}): Expected {
  if (request.revision !== undefined) return toRevision(request.revision);
  if (request.noStream) return 'no_stream';
  if (request.any) return 'any';
  if (request.streamExists) return 'stream_exists';
  throw invalid("'None' is not a valid expected stream revision");
}

const highestRevision = 2n ** 63n - 1n;

/** Throws `RpcError` where no stream can get so far. */
export function toRevision(digits: string): bigint {
  const revision = BigInt(digits);
  if (revision > highestRevision) throw handlerFailed();
  return revision;
}

interface ProposedMessage {
  getId(): UUID | undefined;
  getMetadataMap(): { get(key: string): string | undefined };
  getData_asU8(): Uint8Array;
  getCustomMetadata_asU8(): Uint8Array;
}

/** Throws an `Error` with EventStoreDB's words where the event is none. */
export function proposedEvent(message: ProposedMessage): WireEvent {
  const id = uuidOf(message.getId());
  const type = message.getMetadataMap().get('type') ?? '';
  if (id === emptyUuid) throw new Error("Empty eventId provided. (Parameter 'eventId')");
  if (type === '') throw new Error("Empty eventType provided. (Parameter 'eventType')");
  const json = message.getMetadataMap().get('content-type') === 'application/json';
  return { id, type, json, data: message.getData_asU8(), metadata: message.getCustomMetadata_asU8() };
}
