import protobuf from 'protobufjs/light.js';

/** Messages of protobuf, each written down once: its type is inferred, and protobufjs makes its code at first use. */

/** An integer of 64 bits as protobufjs reads it; `toNumber` is exact up to 2^53. */
export interface Long {
  readonly low: number;
  readonly high: number;
  toNumber(): number;
  /** Decimal digits. */
  toString(): string;
}

/** A message to be written: each field may be left out, and numbers do where 64 bits are. */
export type Outgoing<T> = T extends Long
  ? Long | number | string
  : T extends Buffer
    ? Uint8Array
    : T extends readonly (infer Item)[]
      ? readonly Outgoing<Item>[]
      : T extends object
        ? { readonly [Field in keyof T]?: Outgoing<T[Field]> | undefined }
        : T;

export interface Message<T> {
  encode(message: Outgoing<T>): Buffer;
  /** Throws where the bytes are no such message. */
  decode(bytes: Buffer): T;
  type(): protobuf.Type;
}

/** What is read of a message: `Infer<typeof ReadResp>`. */
export type Infer<M> = M extends Message<infer T> ? T : never;

/** `T` is what is read of it. */
interface Field<T> {
  readonly id: number;
  readonly type: string | Message<unknown>;
  readonly rule?: 'repeated' | 'map';
  /** What is read where it is not there, if not what protobufjs takes: zero, no text, no list, null for a message. */
  readonly absent?: T;
}

const scalar =
  <T>(type: string) =>
  (id: number): Field<T> => ({ id, type });

export const bool = scalar<boolean>('bool');
export const int32 = scalar<number>('int32');
export const uint32 = scalar<number>('uint32');
export const int64 = scalar<Long>('int64');
export const uint64 = scalar<Long>('uint64');
export const text = scalar<string>('string');
export const bytes = (id: number): Field<Buffer> => ({ id, type: 'bytes', absent: Buffer.alloc(0) });
export const texts = (id: number): Field<readonly string[]> => ({ id, type: 'string', rule: 'repeated' });
export const textMap = (id: number): Field<Readonly<Record<string, string | undefined>>> => {
  return { id, type: 'string', rule: 'map' };
};
export const one = <T>(id: number, type: Message<T>): Field<T | null> => ({ id, type: type });
export const many = <T>(id: number, type: Message<T>): Field<readonly T[]> => {
  return { id, type: type, rule: 'repeated' };
};
/** One of several that may be there: null where it is not. */
export const optional = <T>({ id, type }: Field<T>): Field<T | null> => ({ id, type, absent: null });

type Fields = Readonly<Record<string, Field<unknown>>>;
type Read<F extends Fields> = { readonly [Name in keyof F]: F[Name] extends Field<infer T> ? T : never };

export function message<F extends Fields>(fields: F): Message<Read<F>> {
  let built: protobuf.Type | undefined;
  const type = (): protobuf.Type => (built ??= build(fields));
  return {
    encode: (outgoing) =>
      type()
        .encode(outgoing as object)
        .finish() as Buffer,
    decode: (read) => type().decode(read) as unknown as Read<F>,
    type,
  };
}

const root = new protobuf.Root();

function build(fields: Fields): protobuf.Type {
  const type = new protobuf.Type(`Message${root.nestedArray.length}`);
  root.add(type);
  for (const [name, field] of Object.entries(fields)) {
    const of = typeof field.type === 'string' ? field.type : field.type.type().name;
    const { id, rule } = field;
    type.add(rule === 'map' ? new protobuf.MapField(name, id, 'string', of) : new protobuf.Field(name, id, of, rule));
  }
  const { prototype } = type.ctor as { prototype: Record<string, unknown> };
  for (const [name, { absent }] of Object.entries(fields)) if (absent !== undefined) prototype[name] = absent;
  return type;
}

/** A call of gRPC, as a server and a client need to know it. */
export interface Method<Request, Response> {
  readonly path: string;
  readonly messages: readonly [Message<Request>, Message<Response>];
  readonly requestStream: boolean;
  readonly responseStream: boolean;
  requestSerialize(request: Outgoing<Request>): Buffer;
  requestDeserialize(bytes: Buffer): Request;
  responseSerialize(response: Outgoing<Response>): Buffer;
  responseDeserialize(bytes: Buffer): Response;
}

export function methodOf<Request, Response>(
  path: string,
  messages: readonly [Message<Request>, Message<Response>],
  { requestStream = false, responseStream = false } = {},
): Method<Request, Response> {
  const [request, response] = messages;
  return {
    path,
    messages,
    requestStream,
    responseStream,
    requestSerialize: request.encode,
    requestDeserialize: request.decode,
    responseSerialize: response.encode,
    responseDeserialize: response.decode,
  };
}
