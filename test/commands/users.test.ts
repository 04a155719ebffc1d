import { randomUUID } from 'node:crypto';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createUserDirectory } from '../../src/commands/users.ts';
import { userStream } from '../../src/domain/user/user.ts';
import { connect } from '../../src/event-store/eventstoredb/connection.ts';
import type { EventStore } from '../../src/event-store/event-store.ts';
import { insist, openStore } from '../support/appending.ts';
import { sharedStandIn } from '../support/stand-in.ts';
import { commandsOver, openStore as openEmbedded, register, send } from './support.ts';

const standIn = sharedStandIn();
const refusal = { code: 'CONVERSATION_DAMAGED', temporary: false };
const metadata = { schemaVersion: 1 };

const registered = (id: string, username: string) => {
  return { id: randomUUID(), type: 'UserRegistered', data: { id, username, avatar: null }, metadata };
};
const changed = (id: string, username: string) => {
  return { id: randomUUID(), type: 'UserChanged', data: { id, username, avatar: null }, metadata };
};

describe.each([
  ['an embedded log', () => openEmbedded()],
  ['a server', async () => (await openStore(standIn().url)).store],
])('in %s', (_where, open) => {
  test('a user whose stream holds nothing that is known here can be registered', async () => {
    const store = await open();
    const [a, b] = [`a${randomUUID()}`, `b${randomUUID()}`];
    const event = { id: randomUUID(), type: 'FromElsewhere', data: {}, metadata };
    await insist(store, userStream(a), [event, { ...event, id: randomUUID() }], 'no_stream');
    const commands = await commandsOver(store);
    await register(commands, a, b);
    expect(await commands.findUser(a)).toMatchObject({ username: `name of ${a}` });
    expect(await commands.sendMessage(send(a, b, 'first'))).toMatchObject({ seq: 1 });
  });
});

test.each([
  ['is hidden', { maxCount: 1 }],
  ['and all behind it are hidden', { truncateBefore: 2 }],
])('a user whose registration %s is told to be damaged, and asked for no more', async (_what, hidden) => {
  const { url } = standIn();
  const { client, close } = connect(url);
  onTestFinished(() => close());
  const { store } = await openStore(url);
  const a = `a${randomUUID()}`;
  await insist(store, userStream(a), [registered(a, 'one'), changed(a, 'two')], 'no_stream');
  await client.setStreamMetadata(userStream(a), hidden);
  let reads = 0;
  const counting: EventStore = {
    ...store,
    readStream: (stream, options) => {
      if (stream === userStream(a)) reads += 1;
      return store.readStream(stream, options);
    },
  };
  const commands = await commandsOver(counting);
  await expect(commands.registerUser({ id: a, username: 'three', avatar: null })).rejects.toMatchObject(refusal);
  expect(reads).toBeLessThan(20);
});

test('what another process wrote meanwhile is not overwritten in memory by what was written here before it', async () => {
  const store = await openEmbedded();
  const users = createUserDirectory({
    ...store,
    async appendToStream(stream, events, expected) {
      const done = await store.appendToStream(stream, events, expected);
      const { revision } = await store.appendToStream(stream, [changed('a', 'of another')], done.revision);
      users.observe('a', done.revision);
      users.observe('a', revision);
      return done;
    },
  });
  const event = { type: 'UserRegistered', data: { id: 'a', username: 'of this', avatar: null } } as const;
  await users.change('a', () => ({ kind: 'accepted', event }));
  expect((await users.find('a'))?.state.username).toBe('of another');
});

test('a user stays in memory while others register elsewhere', async () => {
  const store = await openEmbedded();
  await store.appendToStream(userStream('a'), [registered('a', 'one')], 'no_stream');
  const users = createUserDirectory({
    ...store,
    async readStream(stream, options) {
      const events = await store.readStream(stream, options);
      users.observe('b', 0);
      return events;
    },
  });
  await users.find('a');
  expect(users.known('a')?.state.username).toBe('one');
  users.observe('a', 0);
  expect(users.known('a')?.state.username).toBe('one');
  users.observe('a', 1);
  expect(users.known('a')).toBeUndefined();
});
