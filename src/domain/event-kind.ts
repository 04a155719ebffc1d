import type { z } from 'zod';

/** A kind of event: its name and its shape over time. */
export interface EventKind<Type extends string, Data> {
  /** Past tense, as it stands in the log. */
  readonly type: Type;
  /** Current version of the payload. */
  readonly schemaVersion: number;
  readonly schema: z.ZodType<Data>;
  /** `upcasters[v]` turns a payload of version v into one of version v + 1. Pure, run at every read. */
  readonly upcasters: Readonly<Record<number, (data: unknown) => unknown>>;
}

/** An event of any of the given kinds, in its current shape. */
export type EventOf<Kinds extends Readonly<Record<string, EventKind<string, unknown>>>> = {
  [Type in keyof Kinds & string]: { readonly type: Type; readonly data: z.infer<Kinds[Type]['schema']> };
}[keyof Kinds & string];

/**
 * Reads stored events of these kinds, in their current shape; undefined for a kind that this program does not know, as a
 * newer one writes it. Throws where the payload is not what its version promises.
 */
export function readerOf<Kinds extends Readonly<Record<string, EventKind<string, unknown>>>>(kinds: Kinds) {
  return (type: string, schemaVersion: number, data: unknown): EventOf<Kinds> | undefined => {
    const kind = Object.hasOwn(kinds, type) ? kinds[type] : undefined;
    return kind && ({ type, data: upcast(kind, schemaVersion, data) } as EventOf<Kinds>);
  };
}

/**
 * A stored payload in its current shape. Throws where the payload is of a version this program does not know, or does
 * not have the shape its version promises: both mean that the log was written by another program.
 */
export function upcast<Data>(kind: EventKind<string, Data>, schemaVersion: number, data: unknown): Data {
  const { type, schemaVersion: current, schema, upcasters } = kind;
  if (schemaVersion > current) {
    throw new TypeError(`${type} of schema version ${schemaVersion}: this program knows up to ${current}`);
  }
  let payload = data;
  for (let version = schemaVersion; version < current; version += 1) {
    const step = upcasters[version];
    if (step === undefined) throw new TypeError(`${type} has no upcaster from schema version ${version}`);
    payload = step(payload);
  }
  return schema.parse(payload);
}
