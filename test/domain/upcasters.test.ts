import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { conversationKinds, readConversationEvent } from '../../src/domain/conversation/kinds.ts';
import { upcast } from '../../src/domain/event-kind.ts';
import { readUserEvent, userKinds } from '../../src/domain/user/kinds.ts';

/** Stored JSON of every version that was ever written, `<type>.<schemaVersion>.json`. These files never change. */
const folder = new URL('../fixtures/events/', import.meta.url);
const fixtures = readdirSync(folder).map((name) => {
  const [type = '', version] = name.split('.');
  const data: unknown = JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
  return { type, version: Number(version), data };
});

const read = (type: string, version: number, data: unknown) =>
  readUserEvent(type, version, data) ?? readConversationEvent(type, version, data);

const current: Record<string, number> = Object.fromEntries(
  Object.values({ ...conversationKinds, ...userKinds }).map(({ type, schemaVersion }) => [type, schemaVersion]),
);

describe('stored events', () => {
  it.each(fixtures)('$type of schema version $version can be read for ever', ({ type, version, data }) => {
    const event = read(type, version, data);
    expect(event?.type).toBe(type);
    if (version === current[type]) expect(event?.data).toEqual(data);
  });

  it('are of kinds that are all listed', () => {
    const kinds = readdirSync(new URL('../../src/domain/conversation/kinds/', import.meta.url));
    const listed = Object.keys(conversationKinds).map((type) => `${type.replace(/\B[A-Z]/g, '-$&').toLowerCase()}.ts`);
    expect(kinds.filter((name) => name !== 'conversation-kind.ts').sort()).toEqual(listed.sort());
  });

  it('have a fixture for every type in every version', () => {
    const wanted = Object.entries(current).flatMap(([type, newest]) =>
      Array.from({ length: newest }, (_, index) => `${type}.${index + 1}`),
    );
    expect(fixtures.map(({ type, version }) => `${type}.${version}`).sort()).toEqual(wanted.sort());
  });

  it('of a kind that this program does not know are nothing to it', () => {
    expect(read('SomethingElse', 1, {})).toBeUndefined();
  });

  it('of a newer version, or without their shape, are not guessed at', () => {
    expect(() => read('MessageSent', 2, fixtures[0]!.data)).toThrow('schema version 2');
    expect(() => read('MessageSent', 1, { seq: 'x' })).toThrow();
  });
});

describe('an upcaster', () => {
  const kind = {
    type: 'Named',
    schemaVersion: 3,
    schema: z.object({ full: z.string(), tags: z.array(z.string()) }),
    upcasters: {
      1: (data: unknown) => ({ full: (data as { name: string }).name }),
      2: (data: unknown) => ({ ...(data as object), tags: [] }),
    },
  };

  it('takes an old payload through every version to the current one', () => {
    expect(upcast(kind, 1, { name: 'a' })).toEqual({ full: 'a', tags: [] });
    expect(upcast(kind, 2, { full: 'a' })).toEqual({ full: 'a', tags: [] });
    expect(upcast(kind, 3, { full: 'a', tags: ['t'] })).toEqual({ full: 'a', tags: ['t'] });
  });
});
