/** RFC 6455 framing, the part that a client of one-frame text messages needs. */

export const opcodes = { text: 1, close: 8, ping: 9, pong: 10 } as const;

const fin = 0x80;
const masked = 0x80;

/** Client frames must be masked. The key is zero, which leaves the bytes as they are: this is no browser. */
const maskBytes = 4;

/** One buffer with a text frame for each of `texts`, which are ASCII. */
export function encodeText(texts: readonly string[]): Buffer {
  let size = 0;
  for (const text of texts) size += headerSize(text.length) + text.length;
  const bytes = Buffer.allocUnsafe(size);
  let at = 0;
  for (const text of texts) {
    at = writeHeader(bytes, at, { opcode: opcodes.text, length: text.length });
    at += bytes.write(text, at, 'latin1');
  }
  return bytes;
}

export function encodeFrame(opcode: number, payload: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(headerSize(payload.length) + payload.length);
  payload.copy(bytes, writeHeader(bytes, 0, { opcode, length: payload.length }));
  return bytes;
}

export interface FrameBounds {
  /** 0 (a continuation) also where the frame is the first of several: neither is read here. */
  readonly opcode: number;
  readonly start: number;
  readonly end: number;
}

/** Where the payload of the frame at `at` lies; undefined where it has not come in full. */
export function readFrame(bytes: Buffer, at: number): FrameBounds | undefined {
  if (bytes.length < at + 2) return undefined;
  const first = bytes[at] ?? 0;
  const short = (bytes[at + 1] ?? 0) & 0x7f;
  const start = at + (short < 126 ? 2 : short === 126 ? 4 : 10);
  if (bytes.length < start) return undefined;
  const length = lengthAt(bytes, at + 2, short);
  const end = start + length;
  if (bytes.length < end) return undefined;
  return { opcode: (first & fin) === 0 ? 0 : first & 0x0f, start, end };
}

/** `short`: the seven bits that say whether a longer length follows. */
function lengthAt(bytes: Buffer, at: number, short: number): number {
  if (short < 126) return short;
  return short === 126 ? bytes.readUInt16BE(at) : bytes.readUIntBE(at + 2, 6);
}

function headerSize(length: number): number {
  return (length < 126 ? 2 : length < 65_536 ? 4 : 10) + maskBytes;
}

function writeHeader(bytes: Buffer, at: number, { opcode, length }: { opcode: number; length: number }): number {
  bytes[at] = fin | opcode;
  if (length < 126) {
    bytes[at + 1] = masked | length;
  } else if (length < 65_536) {
    bytes[at + 1] = masked | 126;
    bytes.writeUInt16BE(length, at + 2);
  } else {
    bytes[at + 1] = masked | 127;
    bytes.writeBigUInt64BE(BigInt(length), at + 2);
  }
  const end = at + headerSize(length);
  bytes.fill(0, end - maskBytes, end);
  return end;
}
