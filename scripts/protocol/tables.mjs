import { z } from 'zod';
import { clientFrames } from '../../src/protocol/client-frames.ts';
import { closeCodes, closings } from '../../src/protocol/close-codes.ts';
import { allErrorCodes, errorCodes } from '../../src/protocol/error-codes.ts';
import { limits } from '../../src/protocol/limits.ts';
import { messageSchema } from '../../src/protocol/message.ts';
import { serverFrames } from '../../src/protocol/server-frames.ts';
import { fieldsOf, jsonSchemaOf, valuesOf } from './schemas.mjs';

/** @typedef {import('./schemas.mjs').JsonSchema} JsonSchema */
/** @typedef {import('zod').ZodType} ZodType */

/**
 * The tables of docs/protocol.md, by the name that stands in their marker comments.
 *
 * @type {Readonly<Record<string, () => string>>}
 */
export const tables = {
  message: () => fieldTable(new Map([['', z.object(messageSchema.shape)]])),
  'client-frames': () =>
    table(
      ['frame', 'fields', 'what it says', 'answer'],
      clientFrames.map(({ type, schema, summary, answer }) => [code(type), fieldNames(schema), summary, answer]),
    ),
  'client-fields': () => fieldTable(new Map(clientFrames.map(({ type, schema }) => [type, schema]))),
  'server-frames': () =>
    table(
      ['frame', 'fields', 'what it says'],
      serverFrames.map(({ name, schema, summary }) => [
        frameName(name, schema.shape.type.value),
        fieldNames(schema),
        summary,
      ]),
    ),
  'server-fields': () =>
    fieldTable(
      new Map(serverFrames.filter(({ name }) => name !== 'message').map(({ name, schema }) => [name, schema])),
    ),
  'error-codes': () =>
    table(
      ['code', 'HTTP', 'temporary', 'when'],
      allErrorCodes.map((name) => {
        const { status, temporary, when } = errorCodes[name];
        return [code(name), String(status), temporary ? 'yes' : 'no', when];
      }),
    ),
  'close-codes': () =>
    table(
      ['code', 'meaning', 'a client should'],
      Object.entries(closings).map(([name, { meaning, client }]) => [
        String(closeCodes[/** @type {keyof typeof closeCodes} */ (name)]),
        meaning,
        client,
      ]),
    ),
  limits: () =>
    table(
      ['what', 'limit', 'beyond it'],
      limits.map(({ what, limit, beyond }) => [what, limit, beyond]),
    ),
};

/** Two frames of one type are told apart by their names.
 * @param {string} name
 * @param {string} type
 */
function frameName(name, type) {
  return name === type ? code(type) : `${code(type)} (${name})`;
}

/** The fields' names; optional ones with a question mark.
 * @param {ZodType} schema
 */
function fieldNames(schema) {
  return fieldsOf(jsonSchemaOf(schema))
    .filter(({ name }) => name !== 'type')
    .map(({ name, optional }) => code(optional ? `${name}?` : name))
    .join(', ');
}

/**
 * Fields of several frames: those that say the same stand on one line.
 *
 * @param {ReadonlyMap<string, ZodType>} schemas
 */
function fieldTable(schemas) {
  /** @type {Map<string, { cells: [string, string, string], frames: string[] }>} */
  const lines = new Map();
  for (const [frame, schema] of schemas) {
    for (const { name, schema: field } of fieldsOf(jsonSchemaOf(schema))) {
      if (name === 'type') continue;
      const cells = /** @type {[string, string, string]} */ ([code(name), formOf(field), field.description ?? '']);
      const key = cells.join('\n');
      const line = lines.get(key) ?? { cells, frames: [] };
      line.frames.push(frame);
      lines.set(key, line);
    }
  }
  const rows = [...lines.values()];
  if (schemas.size === 1)
    return table(
      ['field', 'form', 'meaning'],
      rows.map(({ cells }) => cells),
    );
  return table(
    ['field', 'of', 'form', 'meaning'],
    rows.map(({ cells: [name, form, meaning], frames }) => [name, frames.join(', '), form, meaning]),
  );
}

/**
 * @param {JsonSchema} schema
 * @returns {string}
 */
function formOf(schema) {
  const values = valuesOf(schema);
  if (values !== undefined && values.length > 3) return 'one of the [codes](#error-codes)';
  if (values !== undefined) return values.join(' or ');
  if (schema.anyOf !== undefined) return schema.anyOf.map(formOf).join(' or ');
  if (schema.properties !== undefined) return code(`{${Object.keys(schema.properties).join(', ')}}`);
  return schema.type === 'integer' ? 'whole number' : (schema.type ?? '');
}

/** @param {string} text */
function code(text) {
  return `\`${text}\``;
}

/**
 * @param {readonly string[]} head
 * @param {readonly (readonly string[])[]} rows
 */
function table(head, rows) {
  const lines = [head, head.map(() => '---'), ...rows];
  return lines.map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`).join('\n');
}
