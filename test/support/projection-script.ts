import fc from 'fast-check';
import type { ConversationEventType } from '../../src/domain/conversation/kinds.ts';
import type { UserEventType } from '../../src/domain/user/kinds.ts';
import { read, registered, sent } from './projection-facts.ts';
import type { Fact } from './projection-log.ts';

/** A conversation, as far as it has come. */
interface Scene {
  readonly conversation: string;
  readonly users: readonly string[];
  readonly group: boolean;
  lastSeq: number;
  readonly readSeq: Map<string, number>;
}

/** What somebody does, and what the log says of it then; undefined where there is nothing to be done. */
type Act = (scene: Scene) => Fact | undefined;

interface Part {
  readonly weight: number;
  readonly arbitrary: fc.Arbitrary<Act>;
}

const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 12 });

/** What leads to an event of each kind, and to one of a kind that nobody knows. */
const parts: { readonly [Type in ConversationEventType | UserEventType | 'SomethingElse']: Part } = {
  MessageSent: {
    weight: 5,
    arbitrary: fc.tuple(fc.nat(2), text).map(([place, msg]) => (scene) => {
      const { conversation, users, group } = scene;
      const who = place % users.length;
      return sent(conversation, (scene.lastSeq += 1), users[who]!, group ? null : users[1 - who]!, msg);
    }),
  },
  MessagesRead: {
    weight: 3,
    arbitrary: fc.tuple(fc.nat(2), fc.nat(100)).map(([place, share]) => ({ conversation, users, lastSeq, readSeq }) => {
      const reader = users[place % users.length]!;
      const after = readSeq.get(reader) ?? 0;
      const upTo = after + Math.ceil(((lastSeq - after) * share) / 100);
      readSeq.set(reader, upTo);
      return upTo === after ? undefined : read(conversation, reader, after, upTo);
    }),
  },
  UserRegistered: { weight: 1, arbitrary: fc.nat(4).map((number) => () => registered(`u${number}`)) },
  UserChanged: {
    weight: 1,
    arbitrary: fc.tuple(fc.nat(4), text, fc.option(text)).map(([number, username, avatar]) => () => {
      const id = `u${number}`;
      return { stream: `user-${id}`, type: 'UserChanged', data: { id, username, avatar } };
    }),
  },
  UserBlocked: {
    weight: 1,
    arbitrary: fc.tuple(fc.nat(4), fc.nat(4)).map(([one, other]) => block('UserBlocked', one, other)),
  },
  UserUnblocked: {
    weight: 1,
    arbitrary: fc.tuple(fc.nat(4), fc.nat(4)).map(([one, other]) => block('UserUnblocked', one, other)),
  },
  SessionsEnded: {
    weight: 1,
    arbitrary: fc.nat(4).map((number) => () => {
      return { stream: `user-u${number}`, type: 'SessionsEnded', data: { id: `u${number}`, date: 5 } };
    }),
  },
  SomethingElse: {
    weight: 1,
    arbitrary: fc.constant(({ conversation }) => {
      return { stream: `conversation-${conversation}`, type: 'SomethingElse', data: {} };
    }),
  },
};

function block(type: 'UserBlocked' | 'UserUnblocked', one: number, other: number): Act {
  return () => ({ stream: `user-u${one}`, type, data: { id: `u${one}`, blocked: `u${other}`, date: 5 } });
}

const conversations = ['dm~u0~u1', 'dm~u1~u2', 'dm~u3~u3', 'group~g'];

/**
 * What the users of a few conversations do: somebody writes, somebody reads up to a part of what is there. Three come to
 * the group one after the other.
 */
export const factsArbitrary: fc.Arbitrary<Fact[]> = fc
  .array(fc.tuple(fc.nat(conversations.length - 1), fc.oneof(...Object.values(parts))), { maxLength: 60 })
  .map((script) => {
    const scenes = conversations.map(sceneOf);
    return script.map(([place, act]) => act(scenes[place]!)).filter((fact) => fact !== undefined);
  });

function sceneOf(conversation: string): Scene {
  const group = conversation.startsWith('group');
  const users = group ? ['u0', 'u1', 'u2'] : conversation.split('~').slice(1);
  return { conversation, users, group, lastSeq: 0, readSeq: new Map() };
}
