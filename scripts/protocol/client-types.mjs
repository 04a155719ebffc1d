import { z } from 'zod';
import { clientFrames } from '../../src/protocol/client-frames.ts';
import { closeCodes, closings, firstFinalCode } from '../../src/protocol/close-codes.ts';
import { allErrorCodes, errorCodes } from '../../src/protocol/error-codes.ts';
import { maxFrameBytes } from '../../src/protocol/limits.ts';
import { messageSchema, userRefSchema } from '../../src/protocol/message.ts';
import { serverFrames } from '../../src/protocol/server-frames.ts';
import { fieldsOf, jsonSchemaOf, shapeOf, valuesOf } from './schemas.mjs';

/** @typedef {import('./schemas.mjs').JsonSchema} JsonSchema */

const userRef = jsonSchemaOf(userRefSchema);
// The shape alone: a schema with an id would be a reference to itself.
const message = jsonSchemaOf(z.object(messageSchema.shape));

/** The client's types of the wire contract, as the text of packages/client/src/frames.ts. */
export function clientTypes() {
  const clientNames = clientFrames.map(({ type }) => `${capital(type)}Frame`);
  const serverNames = serverFrames.map(({ name }) => serverName(name));
  return [
    '/* Made from src/protocol by `npm run docs`. Not written by hand: a check holds it to the schemas. */\n' +
      '/* eslint max-lines: "off" */',
    declare('UserRef', { ...userRef, description: 'A user as messages name it' }),
    declare('Message', { ...message, description: 'A chat message as every reader sees it' }),
    ...clientFrames.map(({ schema, summary, answer }, index) =>
      declare(clientNames[index] ?? '', { ...jsonSchemaOf(schema), description: `${summary}. Answer: ${answer}` }),
    ),
    `/** What a client may send. */\nexport type ClientFrame = ${clientNames.join(' | ')};`,
    ...serverFrames.map(({ schema, summary }, index) =>
      declare(serverNames[index] ?? '', { ...jsonSchemaOf(schema), description: summary }),
    ),
    `export type AckFrame = ${serverNames.filter((name) => name.endsWith('AckFrame')).join(' | ')};`,
    '/** What a server sends. A newer one may send more: frames of other types are left aside. */\n' +
      `export type ServerFrame = ${serverNames.join(' | ')};`,
    errorCodeType(),
    constants(),
  ].join('\n\n');
}

/** Name of a server frame's type: a client's frame may have the same type.
 * @param {string} name
 */
function serverName(name) {
  const taken = clientFrames.some(({ type }) => type === name);
  return taken ? `${capital(name)}EventFrame` : `${capital(name)}Frame`;
}

/**
 * @param {string} name
 * @param {JsonSchema} schema
 */
function declare(name, schema) {
  const inherited = name !== 'Message' && extendsMessage(schema) ? fieldsOf(message).map((field) => field.name) : [];
  const fields = fieldsOf(schema)
    .filter((field) => !inherited.includes(field.name))
    .map((field) => {
      const { description } = field.schema;
      const type = field.name === 'code' ? 'ErrorCode | (string & {})' : typeOf(field.schema);
      return `${comment(description)}readonly ${field.name}${field.optional ? '?' : ''}: ${type};`;
    });
  const parent = inherited.length > 0 ? ' extends Message' : '';
  return `${comment(schema.description)}export interface ${name}${parent} {\n${fields.join('\n')}\n}`;
}

/** @param {JsonSchema} schema */
function extendsMessage({ properties = {} }) {
  return fieldsOf(message).every(({ name, schema }) => {
    const own = properties[name];
    return own !== undefined && shapeOf(own) === shapeOf(schema);
  });
}

/**
 * @param {JsonSchema} schema
 * @returns {string}
 */
function typeOf(schema) {
  const values = valuesOf(schema);
  if (values !== undefined) return values.map((value) => JSON.stringify(value)).join(' | ');
  if (schema.anyOf !== undefined) return schema.anyOf.map(typeOf).join(' | ');
  if (shapeOf(schema) === shapeOf(userRef)) return 'UserRef';
  switch (schema.type) {
    case 'integer':
    case 'number':
      return 'number';
    case 'string':
    case 'boolean':
    case 'null':
      return schema.type;
    case 'array':
      return `readonly (${typeOf(schema.items ?? {})})[]`;
    case 'object':
      return `{ ${fieldsOf(schema)
        .map((field) => `${comment(field.schema.description)}readonly ${field.name}: ${typeOf(field.schema)};`)
        .join('\n')} }`;
    default:
      throw new TypeError(`no type of the client for ${JSON.stringify(schema)}`);
  }
}

function errorCodeType() {
  const lines = allErrorCodes.map((code) => `${comment(errorCodes[code].when)}| '${code}'`);
  return `/** What a refusal may say. A newer server may know other codes. */\nexport type ErrorCode =\n${lines.join('\n')};`;
}

function constants() {
  const names = /** @type {(keyof typeof closeCodes)[]} */ (Object.keys(closeCodes));
  const lines = names.map(
    (name) => `/** ${closings[name].meaning}; ${closings[name].client}. */\n${name}: ${closeCodes[name]},`,
  );
  return [
    `/** Why a server closes a socket. */\nexport const closeCodes = {\n${lines.join('\n')}\n} as const;`,
    `/** From here to 4999: do not come back. */\nexport const firstFinalCode = ${firstFinalCode};`,
    `/** Longest frame that a server takes, in bytes: a longer one ends the connection. */\nexport const maxFrameBytes = ${maxFrameBytes};`,
  ].join('\n\n');
}

/** @param {string | undefined} text */
function comment(text) {
  return text === undefined ? '' : `/** ${text.replaceAll('*', '')}. */\n`;
}

/** @param {string} text */
function capital(text) {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
