import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createHub, eachOf } from '../../src/gateway/hub.ts';
import type { Session } from '../../src/gateway/session.ts';
import { sessionOf } from './support.ts';

function listed(held: Parameters<typeof eachOf>[0]): Session[] {
  const sessions: Session[] = [];
  eachOf(held, (session) => sessions.push(session));
  return sessions;
}

describe('the hub', () => {
  it('holds the sockets of each user, in the order they came, until they leave', () => {
    const hub = createHub();
    const [first, second, other] = [sessionOf('a').session, sessionOf('a').session, sessionOf('b').session];
    for (const session of [first, second, other]) hub.join(session.user!, session);
    expect(listed(hub.ofUser('a'))).toEqual([first, second]);
    expect(listed(hub.ofUser('b'))).toEqual([other]);
    hub.leave(first);
    expect(listed(hub.ofUser('a'))).toEqual([second]);
    hub.leave(second);
    expect(hub.ofUser('a')).toBeUndefined();
  });

  it('lets a socket go that never joined, and one that left before', () => {
    const hub = createHub();
    const { session } = sessionOf('a');
    hub.leave(session);
    hub.join('a', session);
    hub.leave(session);
    hub.leave(session);
    expect(hub.ofUser('a')).toBeUndefined();
  });

  it('holds the sockets of a group apart from those of its members', () => {
    const hub = createHub();
    const [one, other] = [sessionOf('a').session, sessionOf('b').session];
    hub.join('a', one, ['group~x', 'group~y']);
    hub.join('b', other, ['group~x']);
    expect(listed(hub.ofGroup('group~x'))).toEqual([one, other]);
    expect(listed(hub.ofGroup('group~y'))).toEqual([one]);
    hub.leave(one);
    expect(listed(hub.ofGroup('group~x'))).toEqual([other]);
    expect(hub.ofGroup('group~y')).toBeUndefined();
  });

  it('says what was sent to the user’s sockets at most', () => {
    const hub = createHub();
    expect(hub.seenBy('a')).toBe(0);
    for (const position of [7, 9, 8]) {
      const { session } = sessionOf('a');
      session.position = position;
      hub.join('a', session);
    }
    expect(hub.seenBy('a')).toBe(9);
  });

  it('holds just those that joined and did not leave, whatever came in between', () => {
    const users = ['a', 'b', 'c'];
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(9), fc.boolean()), { maxLength: 60 }), (steps) => {
        const hub = createHub();
        const sessions = Array.from({ length: 10 }, (_, index) => sessionOf(users[index % 3]).session);
        const here = new Set<Session>();
        for (const [index, joins] of steps) {
          const session = sessions[index]!;
          if (joins === here.has(session)) continue;
          if (joins) hub.join(session.user!, session, ['group~all']);
          else hub.leave(session);
          if (joins) here.add(session);
          else here.delete(session);
        }
        for (const user of users) {
          const expected = [...here].filter((session) => session.user === user);
          expect(new Set(listed(hub.ofUser(user)))).toEqual(new Set(expected));
        }
        expect(new Set(listed(hub.ofGroup('group~all')))).toEqual(here);
      }),
    );
  });
});
