import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';
import { describe, expect, test } from 'vitest';
import type { Message, Method } from '../../src/event-store/eventstoredb/proto/message.ts';
import { BatchAppendReq, ReadResp, WrongExpectedVersion } from '../../src/event-store/eventstoredb/proto/protocol.ts';
import { gossip, serverFeatures } from '../../tools/stand-in/src/cluster-protocol.ts';
import { details, persistentSubscriptions, streams } from '../../tools/stand-in/src/protocol.ts';

/** EventStoreDB's own .proto files. */
const folder = fileURLToPath(new URL('./proto/', import.meta.url));
const root = new protobuf.Root();
root.resolvePath = (_origin, target) => (protobuf.common.get(target) === null ? folder + basename(target) : target);
root.loadSync(['streams.proto', 'persistent.proto', 'gossip.proto', 'serverfeatures.proto']).resolveAll();

/** Each field of ours that theirs has not, or has otherwise, down to the last message; `where` is its path. */
function differences(mine: protobuf.Type, theirs: protobuf.Type, where = theirs.fullName): string[] {
  mine.resolveAll();
  return mine.fieldsArray.flatMap((field) => {
    const path = `${where}.${field.name}`;
    const other = theirs.fields[field.name];
    if (other === undefined) return [`${path} is unknown`];
    other.resolve();
    const [one, two] = [field, other].map((it) => [it.id, it.repeated, it.map, kindOf(it)].join(' '));
    if (one !== two) return [`${path}: ${one}, not ${two}`];
    const [inner, otherInner] = [field.resolvedType, other.resolvedType];
    if (!(inner instanceof protobuf.Type && otherInner instanceof protobuf.Type)) return [];
    return differences(inner, otherInner, path);
  });
}

/** On the wire an enum is an integer, of either sign. */
function kindOf({ type, resolvedType }: protobuf.Field): string {
  if (resolvedType instanceof protobuf.Enum) return 'integer';
  if (resolvedType instanceof protobuf.Type) return 'message';
  return type === 'int32' || type === 'uint32' ? 'integer' : type;
}

type AnyMethod = Pick<Method<never, never>, 'path' | 'requestStream' | 'responseStream'> & {
  readonly messages: readonly [Pick<Message<never>, 'type'>, Pick<Message<never>, 'type'>];
};

/** `Update` takes the message of `Create`, of which it has not all. */
const onlyCreated = ['settings.consumerStrategy', 'all.filter', 'all.noFilter'].map((name) => `options.${name}`);
const update = 'event_store.client.persistent_subscriptions.UpdateReq';

describe('messages', () => {
  const services = [streams, persistentSubscriptions, gossip, serverFeatures];
  const calls = services.flatMap((service) => Object.values<AnyMethod>(service));

  test.each(calls.map((call) => [call.path, call] as const))('of %s are those of the .proto files', (path, call) => {
    const [, service = '', name = ''] = path.split('/');
    const method = root.lookupService(service).methods[name]!;
    method.resolve();
    expect([call.requestStream, call.responseStream]).toEqual([!!method.requestStream, !!method.responseStream]);
    const [request, response] = call.messages;
    const found = differences(request.type(), method.resolvedRequestType!);
    expect(found).toEqual(name === 'Update' ? onlyCreated.map((field) => `.${update}.${field} is unknown`) : []);
    expect(differences(response.type(), method.resolvedResponseType!)).toEqual([]);
  });

  test.each(Object.entries(details))('of the details of a status are those of the .proto files: %s', (name, it) => {
    expect(differences(it.type(), root.lookupType(`event_store.client.${name}`))).toEqual([]);
  });

  test('have the bytes of the protocol', () => {
    const bytes = BatchAppendReq.encode({
      correlationId: { structured: { leastSignificantBits: 7 } },
      options: { streamIdentifier: { streamName: Buffer.from('a') }, noStream: {} },
      isFinal: true,
    });
    // Of EventStoreDB's own client: field 1 { structured { least 7 } }, 2 { stream { name 'a' }, no_stream }, 4 true.
    expect(bytes.toString('hex')).toBe('0a040a02100712070a031a01611a002001');
  });

  test('keep all 64 bits of a number, and say which of several was given', () => {
    const highest = '18446744073709551615';
    const bytes = WrongExpectedVersion.encode({ currentStreamRevision: 2 ** 53 - 1, expectedStreamPosition: highest });
    const read = WrongExpectedVersion.decode(bytes);
    expect(read.currentStreamRevision?.toNumber()).toBe(2 ** 53 - 1);
    expect(read.expectedStreamPosition.toString()).toBe(highest);
    expect(read.currentNoStream).toBeNull();
    expect(WrongExpectedVersion.decode(WrongExpectedVersion.encode({ currentStreamRevision: 0 }))).toMatchObject({
      currentStreamRevision: { low: 0, high: 0 },
    });
    expect(WrongExpectedVersion.decode(Buffer.alloc(0)).currentStreamRevision).toBeNull();
  });

  test('leave out what was not given', () => {
    const { event } = ReadResp.decode(ReadResp.encode({ event: { event: {} } }));
    expect(event).toMatchObject({ link: null, noPosition: null });
    expect(event?.event).toMatchObject({ id: null, streamIdentifier: null });
    expect(event?.event?.data).toHaveLength(0);
    expect(ReadResp.decode(Buffer.alloc(0)).event).toBeNull();
  });
});
