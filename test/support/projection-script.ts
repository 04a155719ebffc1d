import fc from 'fast-check';
import { read, registered, sent } from './projection-facts.ts';
import type { Fact } from './projection-log.ts';

const actionArbitrary = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('send' as const),
      who: fc.nat(2),
      msg: fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('read' as const), who: fc.nat(2), share: fc.nat(100) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('register' as const), who: fc.nat(4) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('unknown' as const) }) },
);

const conversations = ['dm~u0~u1', 'dm~u1~u2', 'dm~u3~u3', 'group~g'];

type Script = [place: number, action: typeof actionArbitrary extends fc.Arbitrary<infer T> ? T : never][];

/**
 * What the users of a few conversations do: somebody writes, somebody reads up to a part of what is there. Three come to
 * the group one after the other.
 */
export const factsArbitrary: fc.Arbitrary<Fact[]> = fc
  .array(fc.tuple(fc.nat(conversations.length - 1), actionArbitrary), { maxLength: 60 })
  .map(play);

function play(script: Script): Fact[] {
  const facts: Fact[] = [];
  const lastSeq = new Map<string, number>();
  const readSeq = new Map<string, number>();
  for (const [place, action] of script) {
    const conversation = conversations[place]!;
    const group = conversation.startsWith('group');
    const [, one = 'u0', other = 'u1'] = conversation.split('~');
    const users = group ? ['u0', 'u1', 'u2'] : [one, other];
    const seq = lastSeq.get(conversation) ?? 0;
    switch (action.kind) {
      case 'register':
        facts.push(registered(`u${action.who}`));
        break;
      case 'unknown':
        facts.push({ stream: `conversation-${conversation}`, type: 'SomethingElse', data: {} });
        break;
      case 'send': {
        const who = action.who % users.length;
        facts.push(sent(conversation, seq + 1, users[who]!, group ? null : users[1 - who]!, action.msg));
        lastSeq.set(conversation, seq + 1);
        break;
      }
      case 'read': {
        const reader = users[action.who % users.length]!;
        const after = readSeq.get(`${conversation} ${reader}`) ?? 0;
        const upTo = after + Math.ceil(((seq - after) * action.share) / 100);
        if (upTo === after) break;
        facts.push(read(conversation, reader, after, upTo));
        readSeq.set(`${conversation} ${reader}`, upTo);
      }
    }
  }
  return facts;
}
