import protobuf from 'google-protobuf';
import type { BinaryReader, Message } from 'google-protobuf';
import type { EventMetadata, RecordedEvent } from '../event-store.ts';

/**
 * Answers of EventStoreDB's reads, subscriptions (streams.proto) and consumer groups (persistent.proto), which have the
 * same shape and field numbers. Read field by field: db-client's generated classes make some twenty objects of an event
 * first, which costs more than all else between the socket and the event.
 */
export interface ReadAnswer {
  event: RecordedEvent | undefined;
  /** True: whoever reads has all there was; false: the server fell back to reading its disk. Undefined: neither said. */
  caughtUp: boolean | undefined;
}

/** An event while its fields come in. What the server leaves out has these values. */
interface Draft {
  id: string;
  stream: string;
  revision: number;
  position: number;
  type: string;
  /** Ticks of 100 ns. */
  created: number;
  metadata: unknown;
  data: unknown;
  property: string;
}

export function requestBytes(request: Message): Buffer {
  return Buffer.from(request.serializeBinary());
}

/** Throws where the bytes are no protobuf message. */
export function readAnswer(bytes: Uint8Array): ReadAnswer {
  const answer: ReadAnswer = { event: undefined, caughtUp: undefined };
  const reader = new protobuf.BinaryReader(bytes);
  readAnswerFields(answer, reader);
  if (reader.getError()) throw new TypeError('the answer is no protobuf message');
  return answer;
}

const readAnswerFields = fields<ReadAnswer>((answer, reader, field) => {
  if (field === 1) reader.readMessage(answer, readReadEvent);
  else {
    if (field === 8) answer.caughtUp = true;
    if (field === 9) answer.caughtUp = false;
    reader.skipField();
  }
});

const readReadEvent = fields<ReadAnswer>((answer, reader, field) => {
  if (field === 1) answer.event = readEvent(reader);
  else reader.skipField();
});

/**
 * An event as the house knows it. What somebody else wrote without our metadata has the `schemaVersion` 0, and what is
 * no JSON is null: kinds that no reader knows.
 */
function readEvent(reader: BinaryReader): RecordedEvent {
  const draft: Draft = {
    id: '',
    stream: '',
    revision: 0,
    position: 0,
    type: '',
    created: 0,
    metadata: null,
    data: null,
    property: '',
  };
  reader.readMessage(draft, readEventFields);
  const { id, type, data, metadata, stream, revision, position, created } = draft;
  return {
    id,
    type,
    data,
    metadata: isMetadata(metadata) ? metadata : { schemaVersion: 0 },
    stream,
    revision,
    position,
    created: Math.floor(created / 10_000),
  };
}

const readEventFields = fields<Draft>((draft, reader, field) => {
  switch (field) {
    case 1:
      reader.readMessage(draft, readUuid);
      break;
    case 2:
      reader.readMessage(draft, readStream);
      break;
    case 3:
      draft.revision = reader.readUint64();
      break;
    // Commit and prepare are the same, but for events of explicit transactions, which nobody writes any more.
    case 5:
      draft.position = reader.readUint64();
      break;
    case 6:
      reader.readMessage(draft, readProperty);
      break;
    case 7:
      draft.metadata = parse(reader);
      break;
    case 8:
      draft.data = parse(reader);
      break;
    default:
      reader.skipField();
  }
});

const readUuid = fields<Draft>((draft, reader, field) => {
  if (field === 2) draft.id = textOf(reader);
  else reader.skipField();
});

const readStream = fields<Draft>((draft, reader, field) => {
  if (field === 3) draft.stream = textOf(reader);
  else reader.skipField();
});

/** One entry of a map: its key, then its value. */
const readProperty = fields<Draft>((draft, reader, field) => {
  if (field === 1) draft.property = textOf(reader);
  else if (field === 2 && draft.property === 'type') draft.type = textOf(reader);
  else if (field === 2 && draft.property === 'created') draft.created = Number(textOf(reader));
  else reader.skipField();
});

/** Reads a message field by field; each is to be read or skipped. */
function fields<T>(
  take: (target: T, reader: BinaryReader, field: number) => void,
): (target: T, reader: BinaryReader) => void {
  return (target, reader) => {
    while (reader.nextField() && !reader.isEndGroup()) take(target, reader, reader.getFieldNumber());
  };
}

function parse(reader: BinaryReader): unknown {
  try {
    return JSON.parse(textOf(reader));
  } catch {
    return null;
  }
}

function textOf(reader: BinaryReader): string {
  const { buffer, byteOffset, byteLength } = reader.readBytes();
  return Buffer.from(buffer, byteOffset, byteLength).toString('utf8');
}

function isMetadata(metadata: unknown): metadata is EventMetadata {
  return typeof metadata === 'object' && metadata !== null && 'schemaVersion' in metadata;
}
