import protobuf from 'protobufjs/light.js';

/** Messages of the .proto files of this folder, to bytes and back by protobufjs. Only what is used is ever built. */

/** An integer of 64 bits as protobufjs reads it; `toNumber` is exact up to 2^53. */
export interface Long {
  readonly low: number;
  readonly high: number;
  toNumber(): number;
  /** Decimal digits. */
  toString(): string;
}

/** What is not there is an empty list, not an empty buffer. */
export type Bytes = Buffer | readonly never[];

/** A message to be written: each field may be left out, and numbers do where 64 bits are. */
export type Outgoing<T> = T extends Long
  ? Long | number | string
  : T extends Bytes
    ? Uint8Array
    : T extends readonly (infer Item)[]
      ? readonly Outgoing<Item>[]
      : T extends object
        ? { readonly [Field in keyof T]?: Outgoing<T[Field]> | undefined }
        : T;

export interface Codec<T> {
  encode(message: Outgoing<T>): Buffer;
  /** Throws where the bytes are no such message. */
  decode(bytes: Uint8Array): T;
}

/** A call of gRPC, as a server and a client need to know it. */
export interface Method<Request, Response> {
  readonly path: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
  requestSerialize(request: Outgoing<Request>): Buffer;
  requestDeserialize(bytes: Buffer): Request;
  responseSerialize(response: Outgoing<Response>): Buffer;
  responseDeserialize(bytes: Buffer): Response;
}

const root = new protobuf.Root();

/** Makes the types of a package known. */
export function define(name: string, types: Readonly<Record<string, object>>): void {
  root.define(name, types);
}

export function codecOf<T>(name: string): Codec<T> {
  let found: protobuf.Type | undefined;
  const type = (): protobuf.Type => (found ??= root.lookupType(name));
  return {
    encode: (message) =>
      type()
        .encode(message as object)
        .finish() as Buffer,
    decode: (bytes) => type().decode(bytes) as unknown as T,
  };
}

export interface MethodOptions<Request, Response> {
  readonly request: Codec<Request>;
  readonly response: Codec<Response>;
  readonly requestStream?: boolean;
  readonly responseStream?: boolean;
}

export function methodOf<Request, Response>(
  path: string,
  { request, response, requestStream = false, responseStream = false }: MethodOptions<Request, Response>,
): Method<Request, Response> {
  return {
    path,
    requestStream,
    responseStream,
    requestSerialize: request.encode,
    requestDeserialize: request.decode,
    responseSerialize: response.encode,
    responseDeserialize: response.decode,
  };
}

/** UTF-8. */
export function textOf(bytes: Bytes | undefined): string {
  return bytes instanceof Buffer ? bytes.toString('utf8') : '';
}
