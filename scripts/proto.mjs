#!/usr/bin/env node
/**
 * Makes TypeScript of the .proto files of EventStoreDB's protocol, one file a package: its types, and what protobufjs
 * needs to read and write them. `--check` writes nothing, and fails where something is not up to date.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';

/**
 * @typedef {protobuf.ReflectionObject} Reflected
 * @typedef {protobuf.NamespaceBase} Package
 * @typedef {(object: Reflected) => string} Refer gives the name of a type, as this package calls it
 */

const folder = fileURLToPath(new URL('../src/event-store/eventstoredb/proto/', import.meta.url));
const sources = ['streams.proto', 'persistent.proto', 'gossip.proto', 'serverfeatures.proto'];
const integers = new Set(['int32', 'uint32']);
const longs = new Set(['int64', 'uint64']);

const root = new protobuf.Root();
root.resolvePath = (/** @type {string} */ _origin, /** @type {string} */ target) =>
  protobuf.common.get(target) === null ? folder + basename(target) : target;
root.loadSync(sources);
root.resolveAll();

/** @type {(object: Reflected) => object is protobuf.Namespace} */
const isNamespace = (object) => object.constructor === protobuf.Namespace;
/** @type {(object: Reflected) => object is protobuf.Service} */
const isService = (object) => object instanceof protobuf.Service;

/**
 * Packages that hold more than other packages.
 *
 * @param {Package} namespace
 * @returns {Package[]}
 */
function packagesIn(namespace) {
  const inner = namespace.nestedArray.filter(isNamespace);
  return [...(membersOf(namespace).length > 0 ? [namespace] : []), ...inner.flatMap(packagesIn)];
}

/** @param {Package} namespace */
function membersOf(namespace) {
  return namespace.nestedArray.filter((it) => !isNamespace(it));
}

/** @type {(object: Reflected) => string} */
const nameOf = (object) => object.fullName.slice(1);
/** @type {(object: Reflected) => Package} */
const packageOf = (object) => {
  let at = object.parent;
  while (at instanceof protobuf.Type) at = at.parent;
  if (at === null) throw new Error(`${object.fullName} is in no package`);
  return at;
};
/** @type {(namespace: Package) => string} */
const fileOf = (namespace) => namespace.name.replaceAll('_', '-');
/** @type {(namespace: Package) => string} */
const aliasOf = (namespace) =>
  namespace.name.replace(/_(\w)/g, (/** @type {string} */ _match, /** @type {string} */ letter) =>
    letter.toUpperCase(),
  );
/**
 * `Options` in `ReadReq` is `ReadReqOptions`.
 *
 * @type {(type: Reflected) => string}
 */
const typeName = (type) => (type.parent instanceof protobuf.Type ? typeName(type.parent) : '') + type.name;
/** @type {(text: string) => string} */
const quote = (text) => `'${text}'`;

/** @param {Package} namespace */
function printPackage(namespace) {
  /** @type {Set<Package>} */
  const others = new Set();
  /** @type {Refer} */
  const refer = (object) => {
    const home = packageOf(object);
    if (home === namespace) return typeName(object);
    others.add(home);
    return `${aliasOf(home)}.${typeName(object)}`;
  };
  // A service names codecs, which are above it then.
  const objects = membersOf(namespace).sort((one, other) => Number(isService(one)) - Number(isService(other)));
  const body = objects.flatMap((it) => print(it, refer));
  /** @type {(name: string) => boolean} */
  const used = (name) => body.some((line) => new RegExp(`\\b${name}\\b`).test(line));
  const fromCodec = [
    ...['codecOf', 'define', 'methodOf'].filter((name) => name === 'define' || used(name)),
    ...['Bytes', 'Long'].filter(used).map((name) => `type ${name}`),
  ];
  return [
    '// Made by `npm run proto`: do not edit.',
    `import { ${fromCodec.join(', ')} } from '../codec.ts';`,
    ...[...others].map((other) => `import * as ${aliasOf(other)} from './${fileOf(other)}.ts';`),
    '',
    `define(${quote(nameOf(namespace))}, {`,
    ...membersOf(namespace)
      .filter((it) => !isService(it))
      .map((it) => `  ${it.name}: ${JSON.stringify(it.toJSON())},`),
    '});',
    ...body,
    '',
  ].join('\n');
}

/**
 * @param {Reflected} object
 * @param {Refer} refer
 * @returns {string[]}
 */
function print(object, refer) {
  if (object instanceof protobuf.Service) return printService(object, refer);
  if (object instanceof protobuf.Enum) return printEnum(object);
  if (object instanceof protobuf.Type) return printType(object, refer);
  throw new Error(`${object.fullName} is neither a service, an enum nor a message`);
}

/** @param {protobuf.Enum} object */
function printEnum(object) {
  const values = Object.entries(object.values).map(([name, value]) => `${name}: ${value}`);
  return ['', `export const ${typeName(object)} = { ${values.join(', ')} } as const;`];
}

/**
 * @param {protobuf.Type} type
 * @param {Refer} refer
 */
function printType(type, refer) {
  const name = typeName(type);
  const members = [
    ...type.oneofsArray.map((one) => `  readonly ${one.name}?: ${one.oneof.map(quote).join(' | ')};`),
    ...type.fieldsArray.map((field) => `  readonly ${field.name}: ${typeOf(field, refer)};`),
  ];
  const nested = type.nestedArray.flatMap((it) => print(it, refer));
  const shape = members.length === 0 ? `export type ${name} = Record<string, never>;` : `export interface ${name} {`;
  return [
    '',
    shape,
    ...(members.length === 0 ? [] : [...members, '}']),
    ...(type.parent === packageOf(type) ? [`export const ${name} = codecOf<${name}>(${quote(nameOf(type))});`] : []),
    ...nested,
  ];
}

/**
 * @param {protobuf.Field} field
 * @param {Refer} refer
 */
function typeOf(field, refer) {
  if (field.map) return `Readonly<Record<string, ${scalarOf(field.type)} | undefined>>`;
  const { resolvedType } = field;
  if (resolvedType instanceof protobuf.Enum) return 'number';
  const single = resolvedType === null ? scalarOf(field.type) : refer(resolvedType);
  if (field.repeated) return `readonly ${single}[]`;
  return resolvedType === null ? single : `${single} | null`;
}

/** @param {string} type */
function scalarOf(type) {
  if (longs.has(type)) return 'Long';
  if (integers.has(type)) return 'number';
  const known = new Map([
    ['bool', 'boolean'],
    ['bytes', 'Bytes'],
    ['string', 'string'],
  ]).get(type);
  if (known === undefined) throw new Error(`${type} has no type in TypeScript here`);
  return known;
}

/**
 * @param {protobuf.Service} service
 * @param {Refer} refer
 */
function printService(service, refer) {
  const path = `/${nameOf(service)}/`;
  return [
    '',
    `export const ${service.name} = {`,
    ...service.methodsArray.map((method) => {
      const { name, resolvedRequestType, resolvedResponseType, requestStream, responseStream } = method;
      if (resolvedRequestType === null || resolvedResponseType === null) throw new Error(`${name} is not resolved`);
      const options = [
        `request: ${refer(resolvedRequestType)}`,
        `response: ${refer(resolvedResponseType)}`,
        ...(requestStream ? ['requestStream: true'] : []),
        ...(responseStream ? ['responseStream: true'] : []),
      ];
      return `  ${name.slice(0, 1).toLowerCase()}${name.slice(1)}: methodOf('${path}${name}', { ${options.join(', ')} }),`;
    }),
    '};',
  ];
}

const target = `${folder}generated/`;
const check = process.argv.includes('--check');
let stale = 0;
mkdirSync(target, { recursive: true });
for (const namespace of packagesIn(root)) {
  const file = `${target}${fileOf(namespace)}.ts`;
  const text = printPackage(namespace);
  if (existsSync(file) && readFileSync(file, 'utf8') === text) continue;
  stale += 1;
  if (check) process.stderr.write(`${file} is not what the .proto files say: npm run proto\n`);
  else writeFileSync(file, text);
}
process.exitCode = check && stale > 0 ? 1 : 0;
