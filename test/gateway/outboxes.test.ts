import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createOutboxes } from '../../src/gateway/session.ts';
import type { Session } from '../../src/gateway/session.ts';
import { sessionOf } from './support.ts';

function outboxes(maxBufferedBytes = 100) {
  const slow: Session[] = [];
  let sent = 0;
  const made = createOutboxes({
    maxBufferedBytes,
    onSent: (frames) => (sent += frames),
    onTooSlow: (session) => slow.push(session),
  });
  return { ...made, slow, sent: () => sent };
}

describe('frames for a socket', () => {
  it('leave together at the end of the turn, in their order', async () => {
    const { send, sent } = outboxes();
    const { session, connection } = sessionOf('a');
    send(session, 'one');
    send(session, 'two');
    expect(connection.sent).toEqual([]);
    await turn();
    send(session, 'three');
    await turn();
    expect(connection.writes).toEqual([['one', 'two'], ['three']]);
    expect(sent()).toBe(3);
  });

  it('go out before the close frame, and none after it', async () => {
    const { send, close } = outboxes();
    const { session, connection } = sessionOf('a');
    send(session, 'last words');
    close(session, 4000, 'draining');
    send(session, 'too late');
    close(session, 4500, 'a second reason');
    await turn();
    expect(connection.sent).toEqual(['last words']);
    expect(connection.ended).toEqual([{ code: 4000, reason: 'draining' }]);
  });

  it.each([
    ['nothing waits', 0, 200, false],
    ['as much waits as may', 90, 10, false],
    ['one byte more waits', 91, 10, true],
    ['bytes are counted, not characters', 71, 10, true],
  ])('say that the reader is too slow, once %s', async (name, buffered, characters, tooSlow) => {
    const { send, slow } = outboxes();
    const { session, connection } = sessionOf('a');
    connection.buffered = buffered;
    send(session, (name.startsWith('bytes') ? '微' : 'x').repeat(characters));
    await turn();
    expect(slow).toEqual(tooSlow ? [session] : []);
    expect(connection.sent).toHaveLength(tooSlow ? 0 : 1);
  });

  it('are forgotten where the socket went away before the end of the turn', async () => {
    const { send, sent } = outboxes();
    const { session, connection } = sessionOf('a');
    send(session, 'nobody hears this');
    session.closed = true;
    session.connection = undefined;
    await turn();
    expect(connection.sent).toEqual([]);
    expect(sent()).toBe(0);
  });
});
