import type { z } from 'zod';

/** The shape of one event type over time: its current version, its schema, and how each older payload becomes the next. */
export interface EventShape<T> {
  readonly schemaVersion: number;
  readonly schema: z.ZodType<T>;
  /** `upcasters[v]` turns a payload of version v into one of version v + 1. Pure, run at every read. */
  readonly upcasters: Readonly<Record<number, (data: unknown) => unknown>>;
}

/**
 * A stored payload in its current shape. Throws where the payload is of a version this program does not know, or does
 * not have the shape its version promises: both mean that the log was written by another program.
 */
export function upcast<T>(type: string, shape: EventShape<T>, schemaVersion: number, data: unknown): T {
  if (schemaVersion > shape.schemaVersion) {
    throw new TypeError(`${type} of schema version ${schemaVersion}: this program knows up to ${shape.schemaVersion}`);
  }
  let current = data;
  for (let version = schemaVersion; version < shape.schemaVersion; version += 1) {
    const step = shape.upcasters[version];
    if (step === undefined) throw new TypeError(`${type} has no upcaster from schema version ${version}`);
    current = step(current);
  }
  return shape.schema.parse(current);
}
