import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ReadModelMovedError } from '../../src/read-model/read-model.ts';
import type { MessageDocument, ReadModel, ReadModelBatch } from '../../src/read-model/read-model.ts';
import { eventually } from '../support/projection-eventually.ts';
import { changeOf, emptyBatch, memberChange, message, messagesBatch, ref } from '../support/projection-documents.ts';

/** One empty read model, made for one test. */
export interface ReadModelFixture {
  readonly writer: ReadModel;
  /** Another handle on the same read model, closed by `dispose` at the latest. */
  openReader(): ReadModel | Promise<ReadModel>;
  dispose(): Promise<void>;
}

export interface ReadModelAdapter {
  readonly name: string;
  readonly open: () => Promise<ReadModelFixture>;
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index);

async function collect<T>(pages: AsyncIterable<readonly T[]>): Promise<T[]> {
  const found: T[] = [];
  for await (const page of pages) found.push(...page);
  return found;
}

async function everything(model: ReadModel) {
  return {
    checkpoint: await model.checkpoint(),
    users: await collect(model.scanUsers()),
    conversations: await collect(model.scanConversations()),
    messages: await collect(model.scanMessages()),
  };
}

/** The guarantees of the port, for any adapter. */
export function readModelContract({ name, open }: ReadModelAdapter): void {
  describe(`${name} read model`, () => {
    let fixture: ReadModelFixture;
    let writer: ReadModel;

    beforeEach(async () => {
      fixture = await open();
      writer = fixture.writer;
    });
    afterEach(() => fixture.dispose());

    /** Applies batches one after the other; `positions` are their last positions. */
    async function applyAll(...batches: readonly [ReadModelBatch, number][]): Promise<void> {
      let after = await writer.checkpoint();
      for (const [batch, position] of batches) {
        await writer.apply(batch, { after, position });
        after = position;
      }
    }

    describe('before anything was applied', () => {
      it('answers that there is nothing', async () => {
        expect(await everything(writer)).toEqual({ checkpoint: 0, users: [], conversations: [], messages: [] });
        expect(await writer.user('a')).toBeUndefined();
        expect(await writer.users()).toEqual([]);
        expect(await writer.usersById(['a', 'b'])).toEqual([]);
        expect(await writer.conversation('dm~a~b')).toBeUndefined();
        expect(await writer.conversations({ user: 'a', limit: 10 })).toEqual([]);
        expect(await writer.conversationsChangedSince('a', 0, 10)).toEqual([]);
        expect(await writer.message('dm~a~b:1')).toBeUndefined();
        expect(await writer.messages({ conversation: 'dm~a~b', limit: 10 })).toEqual([]);
        expect(await writer.messageByClientId('a', 'client-1')).toBeUndefined();
        expect(await writer.greatestClientId('a')).toBeUndefined();
      });

      it('answers the same to another handle', async () => {
        expect(await everything(await fixture.openReader())).toEqual(await everything(writer));
      });
    });

    describe('apply', () => {
      it('moves the checkpoint to the position it was given, also with an empty batch', async () => {
        await applyAll([emptyBatch, 7]);
        expect(await writer.checkpoint()).toBe(7);
        await applyAll([messagesBatch(message(1, { position: 9 })), 9]);
        expect(await writer.checkpoint()).toBe(9);
      });

      it('changes nothing when the same batch comes again', async () => {
        const batch = messagesBatch(message(1), message(2));
        await applyAll([batch, 2]);
        const before = await everything(writer);
        await writer.apply(batch, { after: 0, position: 2 });
        expect(await everything(writer)).toEqual(before);
      });

      it('changes nothing, the checkpoint least of all, when an older batch comes again', async () => {
        const first = messagesBatch(message(1));
        const read: ReadModelBatch = {
          ...emptyBatch,
          reads: [{ conversation: 'dm~a~b', reader: 'b', after: 0, up_to: 1, read_date: 5_000 }],
          conversations: [
            {
              _id: 'dm~a~b',
              revision: 1,
              last_position: 2,
              last_message: undefined,
              members: [memberChange('b', { read_seq: 1, read_date: 5_000 })],
            },
          ],
        };
        await applyAll([first, 1], [read, 2], [messagesBatch(message(2, { revision: 2, position: 3 })), 3]);
        const before = await everything(writer);
        await writer.apply(first, { after: 0, position: 1 });
        await writer.apply(read, { after: 1, position: 2 });
        expect(await everything(writer)).toEqual(before);
      });

      it('takes a batch that was applied in part before, and ends where the whole would have', async () => {
        await applyAll([messagesBatch(message(1)), 1]);
        const whole: ReadModelBatch = {
          ...emptyBatch,
          messages: [message(1, { status: 2, read_date: 5_000 }), message(2, { position: 3, revision: 2 })],
          conversations: [changeOf([message(1), message(2, { position: 3, revision: 2 })])],
        };
        await writer.apply(whole, { after: 0, position: 3 });
        expect(await collect(writer.scanMessages())).toEqual(whole.messages);
        expect(await writer.conversation('dm~a~b')).toMatchObject({ last_seq: 2, revision: 2, last_position: 3 });
      });

      it('refuses a batch that follows a position it has not reached, and applies nothing of it', async () => {
        await applyAll([messagesBatch(message(1)), 1]);
        const before = await everything(writer);
        await expect(writer.apply(messagesBatch(message(3)), { after: 2, position: 3 })).rejects.toThrow(
          ReadModelMovedError,
        );
        expect(await everything(writer)).toEqual(before);
      });

      it('shows another handle everything it has applied', async () => {
        const reader = await fixture.openReader();
        expect(await reader.checkpoint()).toBe(0);
        await applyAll([messagesBatch(message(1)), 1]);
        await eventually(() => reader.checkpoint()).toBe(1);
        expect(await everything(reader)).toEqual(await everything(writer));
        await applyAll([messagesBatch(message(2)), 2]);
        expect(await everything(reader)).toEqual(await everything(writer));
      });

      it('keeps what was applied when its handle is closed and opened again', async () => {
        await applyAll([messagesBatch(message(1)), 1]);
        const before = await everything(writer);
        await writer.close();
        expect(await everything(await fixture.openReader())).toEqual(before);
      });
    });

    describe('users', () => {
      const user = (id: string, position: number) => ({ _id: id, username: `name of ${id}`, avatar: null, position });

      it('are found by id and listed by id', async () => {
        const [ada, bob, carl] = [{ ...user('ada', 3), avatar: '/ada.png' }, user('bob', 1), user('carl', 2)];
        await applyAll([{ ...emptyBatch, users: [bob, carl, ada] }, 3]);
        expect(await writer.user('ada')).toEqual(ada);
        expect(await writer.users()).toEqual([ada, bob, carl]);
        expect(await collect(writer.scanUsers())).toEqual([ada, bob, carl]);
      });

      it('are found several at a time, each once, those that there are', async () => {
        const [ada, bob, carl] = [user('ada', 1), user('bob', 2), user('carl', 3)];
        await applyAll([{ ...emptyBatch, users: [ada, bob, carl] }, 3]);
        const found = await writer.usersById(['carl', 'nobody', 'ada', 'carl']);
        expect(found.toSorted((one, other) => one.position - other.position)).toEqual([ada, carl]);
        expect(await writer.usersById([])).toEqual([]);
      });

      it('stay as they were first registered', async () => {
        await applyAll(
          [{ ...emptyBatch, users: [user('ada', 1)] }, 1],
          [{ ...emptyBatch, users: [{ ...user('ada', 2), username: 'other' }] }, 2],
        );
        expect(await writer.user('ada')).toEqual(user('ada', 1));
      });
    });

    describe('messages', () => {
      it('come back exactly as they were given', async () => {
        const given = [
          message(1),
          message(2, { to: null }),
          message(3, { status: 2, read_date: 9_999 }),
          message(4, { send_date: 0, from: ref('b'), to: ref('a') }),
          message(5, { position: Number.MAX_SAFE_INTEGER, send_date: 4_102_444_800_000 }),
        ];
        await applyAll([messagesBatch(...given), Number.MAX_SAFE_INTEGER]);
        expect(await collect(writer.scanMessages())).toEqual(given);
        for (const one of given) expect(await writer.message(one._id)).toEqual(one);
      });

      it.each([
        ['a NUL character', 'before\u0000after\u0000'],
        ['nothing but a NUL character', '\u0000'],
        ['surrogate pairs', '😀 𝒳 \u{10FFFF}'],
        ['combining and right-to-left characters', 'e\u0301 שלום \u202E'],
        ['a byte order mark and line separators', '\uFEFF\u2028\u2029\r\n'],
        ['quotes and backslashes', `'";--\\"`],
        ['8,192 bytes', '語'.repeat(2_730) + 'ab'],
      ])('keep a text with %s', async (_, text) => {
        const person = { id: 'a', username: `<${text.slice(0, 50)}>` };
        const one = message(1, { msg: text, from: person });
        await applyAll([messagesBatch(one), 1]);
        expect(await writer.message(one._id)).toEqual(one);
        expect(await writer.conversation('dm~a~b')).toMatchObject({
          last_message: { msg: text },
          members: [{ username: person.username }, { id: 'b' }],
        });
        const user = { _id: 'a', username: person.username, avatar: text, position: 2 };
        await applyAll([{ ...emptyBatch, users: [user] }, 2]);
        expect(await writer.user('a')).toEqual(user);
      });

      it('are not found by an id that only looks like one', async () => {
        await applyAll([messagesBatch(message(1)), 1]);
        for (const id of ['', ':', ':1', 'dm~a~b', 'dm~a~b:', 'dm~a~b:01', 'dm~a~b:1.0', 'dm~a~b:2', 'dm~a~b:1:1']) {
          expect(await writer.message(id), id).toBeUndefined();
        }
      });

      it('keep the first of two with the same place', async () => {
        await applyAll([messagesBatch(message(1)), 1], [messagesBatch(message(1, { position: 2, msg: 'other' })), 2]);
        expect(await collect(writer.scanMessages())).toEqual([message(1)]);
      });

      describe('in a batch of a thousand', () => {
        const people = ['a', 'b', 'c'].map(ref);
        const count = 1_000;
        const given = range(1, count).map((position) => {
          const [from, to] = [people[position % 3]!, people[(position + 1) % 3]!];
          const conversation = `dm~${[from.id, to.id].sort().join('~')}`;
          const seq = Math.ceil(position / 3);
          const read = position % 5 === 0 ? ({ status: 2, read_date: 9_000 + position } as const) : {};
          return message(seq, {
            ...{ conversation, position, from, to, client_id: `client-${position}`, msg: `語\u0000 ${position}` },
            ...read,
          });
        });
        const batch: ReadModelBatch = { ...emptyBatch, messages: given };
        const byId = new Map(given.map((one) => [one._id, one]));
        const scanned = async () => new Map((await collect(writer.scanMessages())).map((one) => [one._id, one]));

        it('come back exactly as they were given', async () => {
          await applyAll([batch, count]);
          expect(await scanned()).toEqual(byId);
        });

        it('of which some were applied before, unread then, end where the whole would have', async () => {
          const early = given.slice(0, 400).map((one) => ({ ...one, status: 1 as const, read_date: null }));
          await applyAll([{ ...emptyBatch, messages: early }, 400]);
          await writer.apply(batch, { after: 0, position: count });
          expect(await scanned()).toEqual(byId);
          expect(await writer.checkpoint()).toBe(count);
        });

        it('keep the first of two with the same place', async () => {
          const twice = { ...given[500]!, position: count + 1, client_id: 'late', msg: 'other' };
          await applyAll([{ ...emptyBatch, messages: [...given, twice] }, count + 1]);
          expect(await scanned()).toEqual(byId);
        });
      });

      it('are scanned by conversation and seq, every one once', async () => {
        const conversations = ['dm~a~c', 'dm~a~b', 'dm~b~c'];
        const given = range(1, 2_500)
          .map((seq) => conversations.map((conversation) => ({ conversation, seq })))
          .flat();
        const messages = given.map(({ conversation, seq }, index) =>
          message(seq, { conversation, position: index + 1 }),
        );
        const changes = conversations.map((id) => changeOf(messages.filter((one) => one.conversation === id)));
        await applyAll([{ ...emptyBatch, messages, conversations: changes }, messages.length]);
        const key = ({ conversation, seq }: MessageDocument) => `${conversation} ${String(seq).padStart(5, '0')}`;
        const expected = messages.map(key).sort();
        expect((await collect(writer.scanMessages())).map(key)).toEqual(expected);
      });
    });

    describe('pages of messages', () => {
      const seqs = async (query: { before?: number; after?: number; limit: number }): Promise<number[]> =>
        (await writer.messages({ conversation: 'dm~a~b', ...query })).map(({ seq }) => seq);

      beforeEach(async () => {
        const other = message(1, { conversation: 'dm~a~c', to: ref('c'), position: 26 });
        await applyAll([messagesBatch(...range(1, 25).map((seq) => message(seq))), 25], [messagesBatch(other), 26]);
      });

      it('begin with the newest', async () => {
        expect(await seqs({ limit: 4 })).toEqual([25, 24, 23, 22]);
        expect(await seqs({ limit: 100 })).toEqual(range(1, 25).reverse());
      });

      it('go back below a seq, newest first, without the seq itself', async () => {
        expect(await seqs({ before: 10, limit: 3 })).toEqual([9, 8, 7]);
        expect(await seqs({ before: 3, limit: 10 })).toEqual([2, 1]);
        expect(await seqs({ before: 1, limit: 10 })).toEqual([]);
        expect(await seqs({ before: 1_000_000, limit: 1 })).toEqual([25]);
      });

      it('go forward above a seq, oldest first, without the seq itself', async () => {
        expect(await seqs({ after: 0, limit: 3 })).toEqual([1, 2, 3]);
        expect(await seqs({ after: 23, limit: 10 })).toEqual([24, 25]);
        expect(await seqs({ after: 25, limit: 10 })).toEqual([]);
      });

      it('hold the messages of their conversation only', async () => {
        const page = await writer.messages({ conversation: 'dm~a~c', limit: 10 });
        expect(page.map(({ _id }) => _id)).toEqual(['dm~a~c:1']);
        expect(await writer.messages({ conversation: 'dm~b~c', limit: 10 })).toEqual([]);
      });
    });

    describe('reads', () => {
      const mark = (after: number, up_to: number, read_date: number, reader = 'b'): ReadModelBatch => ({
        ...emptyBatch,
        reads: [{ conversation: 'dm~a~b', reader, after, up_to, read_date }],
      });
      const readDates = async (): Promise<(number | null)[]> => {
        const messages = await collect(writer.scanMessages());
        for (const { status, read_date } of messages) expect(status).toBe(read_date === null ? 1 : 2);
        return messages.map(({ read_date }) => read_date);
      };

      beforeEach(async () => {
        const messages = range(1, 6).map((seq) => message(seq, seq === 3 ? { from: ref('b'), to: ref('a') } : {}));
        await applyAll([messagesBatch(...messages), 6]);
      });

      it('mark the messages to the reader in their range, ends as told', async () => {
        await applyAll([mark(1, 4, 70), 7]);
        expect(await readDates()).toEqual([null, 70, null, 70, null, null]);
      });

      it('mark nothing that was sent by the reader', async () => {
        await applyAll([mark(0, 6, 70, 'a'), 7]);
        expect(await readDates()).toEqual([null, null, 70, null, null, null]);
      });

      it('leave what is read already with its first date', async () => {
        await applyAll([mark(0, 2, 70), 7], [mark(0, 5, 80), 8]);
        expect(await readDates()).toEqual([70, 70, null, 80, 80, null]);
      });

      it('apply after the messages of their own batch', async () => {
        await applyAll([{ ...mark(6, 7, 70), messages: [message(7, { position: 7 })] }, 8]);
        expect((await readDates()).at(-1)).toBe(70);
      });

      it('of somebody who never wrote or received anything mark nothing', async () => {
        await applyAll([mark(0, 6, 70, 'nobody'), 7]);
        expect(await readDates()).toEqual([null, null, null, null, null, null]);
      });
    });

    describe('conversations', () => {
      it('carry their last message, their members in order of id, and what each has read and sent', async () => {
        await applyAll([messagesBatch(message(1), message(2, { from: ref('b'), to: ref('a') })), 2]);
        expect(await writer.conversation('dm~a~b')).toEqual({
          _id: 'dm~a~b',
          members: [
            { id: 'a', username: 'name of a', read_seq: 0, read_date: null, own_seq: 1 },
            { id: 'b', username: 'name of b', read_seq: 0, read_date: null, own_seq: 2 },
          ],
          last_seq: 2,
          revision: 1,
          last_message: { seq: 2, client_id: 'client-2', revision: 1, from: 'b', msg: 'text 2', send_date: 1_002 },
          updated_at: 1_002,
          last_position: 2,
        });
      });

      it('take each field of a member only upwards, so that unread can be computed', async () => {
        const change = (revision: number, read_seq: number, own_seq: number): ReadModelBatch => ({
          ...emptyBatch,
          conversations: [
            {
              _id: 'dm~a~b',
              revision,
              last_position: revision + 1,
              last_message: undefined,
              members: [memberChange('b', { read_seq, read_date: read_seq > 0 ? revision : null, own_seq })],
            },
          ],
        });
        await applyAll([messagesBatch(message(1), message(2), message(3)), 3]);
        await applyAll([change(3, 2, 0), 4], [change(4, 0, 0), 5], [change(5, 1, 0), 6], [change(6, 2, 3), 7]);
        const found = await writer.conversation('dm~a~b');
        expect(found).toMatchObject({ last_seq: 3, revision: 6, last_position: 7, updated_at: 1_003 });
        expect(found?.members[1]).toEqual({ id: 'b', username: 'name of b', read_seq: 2, read_date: 3, own_seq: 3 });
        expect(found?.members[0]).toMatchObject({ id: 'a', own_seq: 3 });
      });

      it('stay as they are for a change of a revision they have had', async () => {
        await applyAll([messagesBatch(message(1), message(2)), 2]);
        const before = await writer.conversation('dm~a~b');
        const late = { ...changeOf([message(2)]), members: [memberChange('a', { read_seq: 2 })] };
        await applyAll([{ ...emptyBatch, conversations: [late] }, 3]);
        expect(await writer.conversation('dm~a~b')).toEqual(before);
      });

      it('are not shown before their first message', async () => {
        const early = { ...changeOf([message(1)]), last_message: undefined, revision: 0, last_position: 1 };
        await applyAll([{ ...emptyBatch, conversations: [early] }, 1]);
        expect(await writer.conversation('dm~a~b')).toBeUndefined();
        expect(await writer.conversations({ user: 'a', limit: 10 })).toEqual([]);
        expect(await collect(writer.scanConversations())).toEqual([]);
        await applyAll([messagesBatch(message(1, { position: 2, revision: 1 })), 2]);
        expect(await writer.conversation('dm~a~b')).toMatchObject({ last_seq: 1, last_position: 2 });
        expect(await writer.conversations({ user: 'a', limit: 10 })).toHaveLength(1);
      });

      it('take a member who joins later', async () => {
        const group = (seq: number, id: string) => message(seq, { conversation: 'group~g', from: ref(id), to: null });
        await applyAll([messagesBatch(group(1, 'b')), 1], [messagesBatch(group(2, 'a')), 2]);
        expect((await writer.conversation('group~g'))?.members.map(({ id }) => id)).toEqual(['a', 'b']);
        for (const user of ['a', 'b']) expect(await writer.conversations({ user, limit: 10 })).toHaveLength(1);
        expect(await writer.conversations({ user: 'c', limit: 10 })).toEqual([]);
      });
    });

    describe("a user's conversations", () => {
      /** Twelve conversations of `a`; three each have the same date. */
      beforeEach(async () => {
        for (const index of range(1, 12)) {
          const peer = `p${String(index).padStart(2, '0')}`;
          const one = message(1, {
            conversation: `dm~a~${peer}`,
            to: ref(peer),
            position: index,
            send_date: 1_000 + Math.floor(index / 3),
          });
          await applyAll([messagesBatch(one), index]);
        }
        const others = message(1, { conversation: 'dm~b~c', from: ref('b'), to: ref('c'), position: 13 });
        await applyAll([messagesBatch(others), 13]);
      });

      const expected = range(1, 12)
        .reverse()
        .map((index) => `dm~a~p${String(index).padStart(2, '0')}`);

      it('come newest activity first, those of the same date by id downwards', async () => {
        const found = await writer.conversations({ user: 'a', limit: 100 });
        expect(found.map(({ _id }) => _id)).toEqual(expected);
      });

      it.each([1, 2, 3, 5, 12])('are paged by %i without a gap or a repeat, ties included', async (limit) => {
        const found: string[] = [];
        let before: { updated_at: number; _id: string } | undefined;
        for (;;) {
          const page = await writer.conversations({ user: 'a', limit, ...(before && { before }) });
          found.push(...page.map(({ _id }) => _id));
          before = page.at(-1);
          if (page.length < limit) break;
        }
        expect(found).toEqual(expected);
      });

      it('move up with a message, not with a read', async () => {
        const newer = message(2, { conversation: 'dm~a~p01', to: ref('p01'), position: 14, send_date: 5_000 });
        const touched = { ...changeOf([message(1, { conversation: 'dm~a~p02', position: 15 })]), revision: 1 };
        await applyAll(
          [messagesBatch(newer), 14],
          [{ ...emptyBatch, conversations: [{ ...touched, last_message: undefined }] }, 15],
        );
        const found = await writer.conversations({ user: 'a', limit: 2 });
        expect(found.map(({ _id }) => _id)).toEqual(['dm~a~p01', 'dm~a~p12']);
      });

      it('changed since a position come oldest change first, reads too', async () => {
        const touched = { ...changeOf([message(1, { conversation: 'dm~a~p02', position: 15 })]), revision: 1 };
        await applyAll([{ ...emptyBatch, conversations: [{ ...touched, last_message: undefined }] }, 15]);
        const ids = async (position: number, limit: number) =>
          (await writer.conversationsChangedSince('a', position, limit)).map(({ _id }) => _id);
        expect(await ids(10, 100)).toEqual(['dm~a~p11', 'dm~a~p12', 'dm~a~p02']);
        expect(await ids(0, 2)).toEqual(['dm~a~p01', 'dm~a~p03']);
        expect(await ids(15, 100)).toEqual([]);
      });
    });

    describe('client message ids', () => {
      beforeEach(async () => {
        const messages = [
          message(1, { client_id: 'k-1' }),
          message(2, { client_id: 'k-2' }),
          message(3, { client_id: 'k-1', msg: 'the same id again' }),
          message(4, { client_id: 'k-9', from: ref('b'), to: ref('a') }),
          message(5, { client_id: 'K-5' }),
        ];
        await applyAll([messagesBatch(...messages), 5]);
      });

      it('find the message of their sender', async () => {
        expect(await writer.messageByClientId('a', 'k-2')).toMatchObject({ _id: 'dm~a~b:2', client_id: 'k-2' });
        expect(await writer.messageByClientId('b', 'k-9')).toMatchObject({ _id: 'dm~a~b:4' });
        expect(await writer.messageByClientId('b', 'k-2')).toBeUndefined();
        expect(await writer.messageByClientId('a', 'k-3')).toBeUndefined();
      });

      it('find the first of several in log order', async () => {
        expect(await writer.messageByClientId('a', 'k-1')).toMatchObject({ seq: 1 });
      });

      it('have a greatest one for each sender, in code-unit order', async () => {
        expect(await writer.greatestClientId('a')).toBe('k-2');
        expect(await writer.greatestClientId('b')).toBe('k-9');
        expect(await writer.greatestClientId('c')).toBeUndefined();
      });

      it('are found whatever name the sender had then', async () => {
        const renamed = message(6, { client_id: 'k-6', from: { id: 'a', username: 'another name' } });
        await applyAll([messagesBatch(renamed), 6]);
        expect(await writer.messageByClientId('a', 'k-6')).toEqual(renamed);
        expect(await writer.messageByClientId('a', 'k-2')).toMatchObject({ from: ref('a') });
        expect(await writer.greatestClientId('a')).toBe('k-6');
      });
    });
  });
}
