import { describe, expect, it } from 'vitest';
import type { Roster, Rosters } from '../../src/domain/conversation/rosters.ts';
import { directRosters } from '../../src/domain/conversation/rosters.ts';
import { commandsOver, openStore, register, send, wholeLog } from './support.ts';

const group = 'group~team';

/** Groups whose members have to be fetched. */
function fetched(members: readonly string[], fetching: () => Promise<void>): Pick<Rosters, 'of'> {
  const roster: Roster = {
    direct: false,
    members,
    joinedSeq: (user) => (members.includes(user) ? 0 : undefined),
  };
  return {
    of: (conversation) => (conversation === group ? fetching().then(() => roster) : directRosters.of(conversation)),
  };
}

function into(user: string, id: string) {
  return { user, conversation: group, id, msg: `message ${id}`, correlationId: 'test' };
}

describe('a conversation whose members have to be fetched', () => {
  it('takes commands of its members only, in their order, and keeps no other conversation waiting', async () => {
    const store = await openStore();
    let arrive = (): void => undefined;
    const arriving = new Promise<void>((resolve) => (arrive = resolve));
    const commands = await commandsOver(store, {}, { rosters: fetched(['a', 'b'], () => arriving) });
    await register(commands, 'a', 'b', 'c');
    // Somebody must have written: groups are begun by an event that does not exist yet.
    const data = { clientId: '0', seq: 1, from: { id: 'b', username: 'b' }, to: null, msg: 'm', sendDate: 1 };
    const metadata = { schemaVersion: 1, lastSeq: 1 };
    const begun = { id: crypto.randomUUID(), type: 'MessageSent', data, metadata };
    await store.appendToStream(`conversation-${group}`, [begun], 'no_stream');

    const sends = ['a', 'b', 'a'].map((sender, index) => commands.sendMessage(into(sender, `c${index}`)));
    const read = commands.markRead({ user: 'a', conversation: group, seq: 1, correlationId: 'test' });
    const refusals = [
      commands.sendMessage(into('c', 'x')),
      commands.markRead({ user: 'c', conversation: group, seq: 1, correlationId: 'test' }),
    ].map((refused) => expect(refused).rejects.toMatchObject({ code: 'CONVERSATION_NOT_FOUND' }));
    await expect(commands.sendMessage(send('a', 'c', 'direct'))).resolves.toMatchObject({ seq: 1 });
    arrive();
    expect((await Promise.all(sends)).map(({ seq }) => seq)).toEqual([2, 3, 4]);
    await expect(read).resolves.toMatchObject({ seq: 1 });
    await Promise.all(refusals);
    const last = (await wholeLog(store)).findLast(({ type }) => type === 'MessageSent');
    expect(last).toMatchObject({ data: { to: null, from: { id: 'a' } } });
  });

  it('answers with an error where they cannot be', async () => {
    const failing = () => Promise.reject(new Error('broken'));
    const commands = await commandsOver(await openStore(), {}, { rosters: fetched(['a'], failing) });
    await expect(commands.sendMessage(into('a', 'x'))).rejects.toMatchObject({ code: 'INTERNAL' });
  });
});
