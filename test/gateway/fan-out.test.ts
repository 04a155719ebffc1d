import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { conversationStream } from '../../src/domain/conversation/conversation-id.ts';
import { directRosters } from '../../src/domain/conversation/rosters.ts';
import type { RecordedEvent } from '../../src/event-store/event-store.ts';
import { createFanOut } from '../../src/gateway/fan-out.ts';
import { createHub } from '../../src/gateway/hub.ts';
import { createOutboxes } from '../../src/gateway/session.ts';
import type { Session } from '../../src/gateway/session.ts';
import { createWirePositions } from '../../src/protocol/wire-position.ts';
import { sessionOf } from './support.ts';

const positions = createWirePositions(Buffer.alloc(16, 7), 'log');

function fanOut() {
  const hub = createHub();
  const noted = { deliveries: [] as [string, string, number][], sockets: [] as number[], aside: [] as string[] };
  const deliver = createFanOut({
    hub,
    rosters: directRosters,
    positions,
    outboxes: createOutboxes({ maxBufferedBytes: 1e9, onSent: () => undefined, onTooSlow: () => undefined }),
    onOriginalDelivery: (...delivery) => noted.deliveries.push(delivery),
    onChange: () => undefined,
    onBegun: () => undefined,
    onFanOut: (sockets) => noted.sockets.push(sockets),
    onAside: (kind) => noted.aside.push(kind),
  });
  function join(user: string, kind: Session['kind'] = 'v1', groups: string[] = []) {
    const opened = sessionOf(user, kind);
    hub.join(user, opened.session, groups);
    return opened;
  }
  return { ...noted, deliver, join };
}

let position = 0;

function recorded(conversation: string, type: string, data: unknown, revision = 0): RecordedEvent {
  position += 1;
  const stream = conversationStream(conversation);
  return { id: `${position}`, stream, revision, position, created: 1, type, data, metadata: { schemaVersion: 1 } };
}

function sent(conversation: string, from: string, to: string | null, seq = 1): RecordedEvent {
  const ref = (id: string) => ({ id, username: `name of ${id}` });
  const data = { clientId: 'c1', seq, from: ref(from), to: to === null ? null : ref(to), msg: 'hello', sendDate: 5 };
  return recorded(conversation, 'MessageSent', data, seq - 1);
}

const frames = (connection: { sent: string[] }) => connection.sent.map((text) => JSON.parse(text) as object);

describe('the fan-out', () => {
  it('gives a message to every socket of both sides, the sender’s own too, and to nobody else', async () => {
    const { deliver, join, sockets } = fanOut();
    const [phone, desk, other, stranger] = [join('a'), join('a'), join('b'), join('c')];
    const event = sent('dm~a~b', 'a', 'b');
    deliver([event]);
    await turn();
    for (const { connection, session } of [phone, desk, other]) {
      const [message, ...more] = frames(connection) as { cursor: string }[];
      expect(message).toMatchObject({ type: 'message', id: 'dm~a~b:1', msg: 'hello' });
      expect(positions.decode(message!.cursor)?.isOf(event)).toBe(true);
      expect(more).toEqual([]);
      expect(session.position).toBe(event.position);
    }
    expect(stranger.connection.sent).toEqual([]);
    expect(sockets).toEqual([3]);
  });

  it('keeps the order of the log for each socket', async () => {
    const { deliver, join } = fanOut();
    const { connection } = join('b');
    deliver([sent('dm~a~b', 'a', 'b', 1), sent('dm~b~c', 'c', 'b', 1), sent('dm~a~b', 'a', 'b', 2)]);
    await turn();
    expect(frames(connection)).toMatchObject([{ id: 'dm~a~b:1' }, { id: 'dm~b~c:1' }, { id: 'dm~a~b:2' }]);
  });

  it('of a message to ten thousand members costs what its local sockets cost', async () => {
    const { deliver, join, sockets } = fanOut();
    const group = 'group~everybody';
    const local = [join('a', 'v1', [group]), join('b', 'v1', [group]), join('b', 'v1', [group])];
    for (let index = 0; index < 10_000; index += 1) join(`stranger-${index}`);
    deliver([sent(group, 'x', null)]);
    await turn();
    for (const { connection } of local) expect(frames(connection)).toMatchObject([{ conversation: group, to: null }]);
    expect(sockets).toEqual([3]);
  });

  it('gives sockets of the original system the messages to their user only, and notes them as delivered', async () => {
    const { deliver, join, deliveries } = fanOut();
    const [sender, addressee] = [join('1001', 'original'), join('1002', 'original')];
    deliver([sent('dm~1001~1002', '1001', '1002')]);
    const read = { reader: '1002', after: 0, seq: 1, readDate: 9 };
    deliver([recorded('dm~1001~1002', 'MessagesRead', read, 1)]);
    await turn();
    expect(sender.connection.sent).toEqual([]);
    expect(frames(addressee.connection)).toMatchObject([{ msg: 'hello', to: { id: 1002 } }]);
    expect(deliveries).toEqual([['1002', 'dm~1001~1002', 1]]);
  });

  it('leaves aside what a newer program wrote and streams that only look like ours, and goes on', async () => {
    const { deliver, join, aside } = fanOut();
    const { connection } = join('a');
    deliver([
      recorded('dm~a~b', 'MessageTranslated', { seq: 1 }),
      { ...sent('dm~a~b', 'a', 'b'), stream: 'conversation-4711' },
      sent('dm~a~b', 'b', 'a', 2),
    ]);
    await turn();
    expect(aside.sort()).toEqual(['foreign', 'unknown']);
    expect(frames(connection)).toMatchObject([{ id: 'dm~a~b:2' }]);
  });
});
