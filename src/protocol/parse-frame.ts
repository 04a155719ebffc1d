import type { z } from 'zod';
import { parseJson } from './parse-json.ts';

export type ParsedFrame<T> =
  | { readonly ok: true; readonly frame: T }
  | { readonly ok: false; readonly id: string | undefined; readonly reason: string };

/** A frame as sent; where it is no good, the reason names the field, and the id is echoed if there was one. */
export function parseFrame<T>(schema: z.ZodType<T>, text: string): ParsedFrame<T> {
  let json: unknown;
  try {
    json = parseJson(text);
  } catch {
    return { ok: false, id: undefined, reason: 'the frame is not JSON' };
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return { ok: true, frame: parsed.data };
  return { ok: false, id: idOf(json), reason: reasonOf(parsed.error) };
}

function idOf(json: unknown): string | undefined {
  if (typeof json !== 'object' || json === null || !('id' in json)) return undefined;
  return typeof json.id === 'string' && json.id.length <= 64 ? json.id : undefined;
}

function reasonOf(error: z.ZodError): string {
  const [issue] = error.issues;
  if (issue === undefined) return 'the frame is not valid';
  if (issue.path.length === 0) return `the frame is not valid: ${issue.message}`;
  return `${issue.path.join('.')}: ${issue.message}`;
}
