import { z } from 'zod';

/**
 * A JSON schema, as far as the wire contract uses them.
 *
 * @typedef {{
 *   type?: string, const?: unknown, enum?: unknown[], anyOf?: JsonSchema[], description?: string,
 *   properties?: Record<string, JsonSchema>, required?: string[], items?: JsonSchema,
 * }} JsonSchema
 */

/** One field of a frame.
 * @typedef {{ name: string, optional: boolean, schema: JsonSchema }} Field
 */

/**
 * What a schema of zod lets through.
 *
 * @param {z.ZodType} schema
 * @returns {JsonSchema}
 */
export function jsonSchemaOf(schema) {
  return /** @type {JsonSchema} */ (z.toJSONSchema(schema, { io: 'output', unrepresentable: 'any' }));
}

/**
 * @param {JsonSchema} schema
 * @returns {Field[]}
 */
export function fieldsOf({ properties = {}, required = [] }) {
  return Object.entries(properties).map(([name, schema]) => ({ name, optional: !required.includes(name), schema }));
}

/** The values that a schema lists, `const` included; undefined where it lists none.
 * @param {JsonSchema} schema
 */
export function valuesOf({ const: value, enum: values }) {
  return value === undefined ? values : [value];
}

const words = new Set(['$schema', 'description', 'id']);

/** The shape without words, to tell whether two are the same.
 * @param {JsonSchema} schema
 */
export function shapeOf(schema) {
  return JSON.stringify(schema, (key, /** @type {unknown} */ value) => (words.has(key) ? undefined : value));
}
