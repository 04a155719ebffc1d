import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { documentKinds, membershipId } from '../../src/read-model/documents.ts';
import type { DocumentKind, Documents, MessageDocument } from '../../src/read-model/documents.ts';
import { ReadModelMovedError } from '../../src/read-model/read-model.ts';
import type { MessagePatch, ReadModel, ReadModelBatch } from '../../src/read-model/read-model.ts';
import { eventually } from '../support/projection-eventually.ts';
import {
  changeOf,
  damage,
  emptyBatch,
  membershipChange,
  membershipsOf,
  message,
  messagesBatch,
  readPatch,
  ref,
  touchOf,
} from '../support/projection-documents.ts';

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

async function collect<Kind extends DocumentKind>(model: ReadModel, kind: Kind): Promise<Documents[Kind][]> {
  const found: Documents[Kind][] = [];
  for await (const page of model.scan(kind)) found.push(...page);
  return found;
}

/** The checkpoint and every document, by kind. */
async function everything(model: ReadModel): Promise<Readonly<Record<string, unknown>>> {
  const found: Record<string, unknown> = { checkpoint: await model.checkpoint() };
  for (const kind of documentKinds) found[kind] = await collect(model, kind);
  return found;
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
        expect(await everything(writer)).toEqual({
          checkpoint: 0,
          user: [],
          conversation: [],
          membership: [],
          message: [],
          damage: [],
        });
        expect(await writer.user('a')).toBeUndefined();
        expect(await writer.users({ limit: 10 })).toEqual([]);
        expect(await writer.usersStarting('a', 10)).toEqual([]);
        expect(await writer.usersById(['a', 'b'])).toEqual([]);
        expect(await writer.conversation('dm~a~b')).toBeUndefined();
        expect(await writer.membership('a', 'dm~a~b')).toBeUndefined();
        expect(await writer.conversations({ user: 'a', limit: 10 })).toEqual([]);
        expect(await writer.conversationsChangedSince('a', 0, 10)).toEqual([]);
        expect(await writer.message('dm~a~b:1')).toBeUndefined();
        expect(await writer.newestMessages(['dm~a~b'])).toEqual([]);
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

      it('remembers the event that it was brought to, as long as it stands there', async () => {
        const landmark = { log: 'a-log', stream: 'conversation-dm~a~b', revision: 6, id: 'an-event', created: 1_700 };
        expect(await writer.place()).toEqual({ position: 0, landmark: undefined });
        await writer.apply(emptyBatch, { after: 0, position: 7, landmark });
        await writer.apply(emptyBatch, { after: 0, position: 5, landmark: { ...landmark, id: 'an-older-one' } });
        expect(await writer.place()).toEqual({ position: 7, landmark });
        const reader = await fixture.openReader();
        await eventually(() => reader.place()).toEqual({ position: 7, landmark });
        await writer.apply(emptyBatch, { after: 7, position: 9 });
        expect(await writer.place()).toEqual({ position: 9, landmark: undefined });
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
          patches: [readPatch('b', 0, 1, 5_000)],
          conversations: [touchOf('dm~a~b', 1, 2)],
          memberships: [membershipChange('b', { read_seq: 1, read_date: 5_000 })],
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
          memberships: [
            membershipChange('a', { own_seq: 2, greatest_client_id: 'client-2' }),
            membershipChange('b', { read_seq: 1, read_date: 5_000 }),
          ],
        };
        await writer.apply(whole, { after: 0, position: 3 });
        expect(await collect(writer, 'message')).toEqual(whole.messages);
        expect(await writer.conversation('dm~a~b')).toMatchObject({ last_seq: 2, revision: 2, last_position: 3 });
        expect(await writer.membership('a', 'dm~a~b')).toMatchObject({ own_seq: 2, greatest_client_id: 'client-2' });
        expect(await writer.membership('b', 'dm~a~b')).toMatchObject({ read_seq: 1, read_date: 5_000 });
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
        expect(await writer.users({ limit: 10 })).toEqual([ada, bob, carl]);
        expect(await collect(writer, 'user')).toEqual([ada, bob, carl]);
      });

      it('are found several at a time, each once, those that there are', async () => {
        const [ada, bob, carl] = [user('ada', 1), user('bob', 2), user('carl', 3)];
        await applyAll([{ ...emptyBatch, users: [ada, bob, carl] }, 3]);
        const found = await writer.usersById(['carl', 'nobody', 'ada', 'carl']);
        expect(found.toSorted((one, other) => one.position - other.position)).toEqual([ada, carl]);
        expect(await writer.usersById([])).toEqual([]);
      });

      it.each([1, 2, 3, 7])('come a page of %i at a time, each once', async (limit) => {
        const ids = ['a', 'A', 'b', 'aa', '10', '9', 'é'];
        await applyAll([{ ...emptyBatch, users: ids.map((id, index) => user(id, index + 1)) }, 7]);
        const found: string[] = [];
        for (let after: string | undefined; ;) {
          const page = await writer.users({ limit, ...(after !== undefined && { after }) });
          expect(page.length).toBeLessThanOrEqual(limit);
          found.push(...page.map(({ _id }) => _id));
          after = page.at(-1)?._id;
          if (page.length < limit) break;
        }
        expect(found).toEqual(ids.toSorted());
      });

      it('are found by what their id or name begins with: by id, then by name, each once, so many', async () => {
        const named = (_id: string, username: string, position: number) => ({ _id, username, avatar: null, position });
        const users = [
          named('1', 'ada', 1),
          named('ad', 'ad', 2),
          named('ada2', 'Zoe', 3),
          named('2', 'adam', 4),
          named('3', 'Ada', 5),
          named('4', 'a%_.*', 6),
        ];
        await applyAll([{ ...emptyBatch, users }, 6]);
        const ids = async (text: string, limit = 10) => (await writer.usersStarting(text, limit)).map(({ _id }) => _id);
        expect(await ids('ad')).toEqual(['ad', 'ada2', '1', '2']);
        expect(await ids('ad', 3)).toEqual(['ad', 'ada2', '1']);
        expect(await ids('ada')).toEqual(['ada2', '1', '2']);
        expect(await ids('a%')).toEqual(['4']);
        expect(await ids('.*')).toEqual([]);
        expect(await ids('zz')).toEqual([]);
        expect(await writer.usersStarting('3', 1)).toEqual([users[4]]);
      });

      it('are as their newest event says, in whatever order it comes', async () => {
        const [first, changed] = [user('ada', 1), { ...user('ada', 2), username: 'other', avatar: '/a.png' }];
        await applyAll([{ ...emptyBatch, users: [first] }, 1], [{ ...emptyBatch, users: [changed] }, 2]);
        expect(await writer.user('ada')).toEqual(changed);
        await applyAll([{ ...emptyBatch, users: [first] }, 3]);
        expect(await writer.user('ada')).toEqual(changed);
      });
    });

    describe('damages', () => {
      it('are told while they last, and the later one of a stream counts, in whatever order they come', async () => {
        const [one, later, passed] = [damage('user-a', 5), damage('user-a', 9), damage('user-a', 9, 20)];
        const other = damage('conversation-dm~a~b', 2);
        await applyAll([{ ...emptyBatch, damages: [later, other] }, 1], [{ ...emptyBatch, damages: [one] }, 2]);
        expect(await writer.damages(10)).toEqual([other, later]);
        expect(await writer.damages(1)).toEqual([other]);
        await applyAll([{ ...emptyBatch, damages: [passed] }, 3], [{ ...emptyBatch, damages: [later, one] }, 4]);
        for (const damages of [[passed], [one]]) await applyAll([{ ...emptyBatch, damages }, 5 + damages[0]!.revision]);
        expect(await writer.damages(10)).toEqual([other]);
        expect(await writer.damage('user-a')).toEqual(passed);
        expect(await writer.damage('user-b')).toBeUndefined();
        expect(await collect(writer, 'damage')).toEqual([other, passed]);
        const again = damage('user-a', 12);
        await applyAll([{ ...emptyBatch, damages: [again] }, 30]);
        expect(await writer.damages(10)).toEqual([other, again]);
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
        expect(await collect(writer, 'message')).toEqual(given);
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
        expect(await writer.conversations({ user: 'a', limit: 1 })).toMatchObject([{ last_message: one }]);
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
        expect(await collect(writer, 'message')).toEqual([message(1)]);
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
        const scanned = async () => new Map((await collect(writer, 'message')).map((one) => [one._id, one]));

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
        const ofEach = conversations.map((id) => messages.filter((one) => one.conversation === id));
        const changes = { conversations: ofEach.map(changeOf), memberships: ofEach.flatMap(membershipsOf) };
        await applyAll([{ ...emptyBatch, messages, ...changes }, messages.length]);
        const key = ({ conversation, seq }: MessageDocument) => `${conversation} ${String(seq).padStart(5, '0')}`;
        const expected = messages.map(key).sort();
        expect((await collect(writer, 'message')).map(key)).toEqual(expected);
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

    describe('patches', () => {
      const mark = (after: number, up_to: number, read_date: number, reader = 'b'): ReadModelBatch => ({
        ...emptyBatch,
        patches: [readPatch(reader, after, up_to, read_date)],
      });
      const readDates = async (): Promise<(number | null)[]> => {
        const messages = await collect(writer, 'message');
        for (const { status, read_date } of messages) expect(status).toBe(read_date === null ? 1 : 2);
        return messages.map(({ read_date }) => read_date);
      };

      beforeEach(async () => {
        const messages = range(1, 6).map((seq) => message(seq, seq === 3 ? { from: ref('b'), to: ref('a') } : {}));
        await applyAll([messagesBatch(...messages), 6]);
      });

      it('change the messages to their addressee in their range, ends as told', async () => {
        await applyAll([mark(1, 4, 70), 7]);
        expect(await readDates()).toEqual([null, 70, null, 70, null, null]);
      });

      it('change nothing that the addressee sent', async () => {
        await applyAll([mark(0, 6, 70, 'a'), 7]);
        expect(await readDates()).toEqual([null, null, 70, null, null, null]);
      });

      it('change every message of their range where they name no addressee', async () => {
        const set = { status: 2, read_date: 70 } as const;
        const patch: MessagePatch = { conversation: 'dm~a~b', after: 1, up_to: 3, once: 'read_date', set };
        await applyAll([{ ...emptyBatch, patches: [patch] }, 7]);
        expect(await readDates()).toEqual([null, 70, 70, null, null, null]);
      });

      it('change nothing in another conversation', async () => {
        const other = message(1, { conversation: 'dm~b~c', from: ref('c'), position: 7 });
        await applyAll([messagesBatch(other), 7], [mark(0, 6, 70), 8]);
        expect(await writer.message('dm~b~c:1')).toEqual(other);
      });

      it('are taken once by each message', async () => {
        await applyAll([mark(0, 2, 70), 7], [mark(0, 5, 80), 8]);
        expect(await readDates()).toEqual([70, 70, null, 80, 80, null]);
      });

      it('are taken in their order', async () => {
        const patches = [readPatch('b', 0, 2, 70), readPatch('b', 0, 5, 80)];
        await applyAll([{ ...emptyBatch, patches }, 7]);
        expect(await readDates()).toEqual([70, 70, null, 80, 80, null]);
      });

      it('apply after the messages of their own batch', async () => {
        await applyAll([{ ...mark(6, 7, 70), messages: [message(7, { position: 7 })] }, 8]);
        expect((await readDates()).at(-1)).toBe(70);
      });

      it('for somebody who never wrote or received anything change nothing', async () => {
        await applyAll([mark(0, 6, 70, 'nobody'), 7]);
        expect(await readDates()).toEqual([null, null, null, null, null, null]);
      });
    });

    describe('conversations', () => {
      it('say what their newest message and their newest event are', async () => {
        await applyAll([messagesBatch(message(1), message(2, { from: ref('b'), to: ref('a') })), 2]);
        const expected = { _id: 'dm~a~b', last_seq: 2, updated_at: 1_002, revision: 1, last_position: 2 };
        expect(await writer.conversation('dm~a~b')).toEqual(expected);
        expect(await collect(writer, 'conversation')).toEqual([expected]);
      });

      it('keep their newest message through events that bring none', async () => {
        await applyAll([messagesBatch(message(1), message(2)), 2]);
        await applyAll([{ ...emptyBatch, conversations: [touchOf('dm~a~b', 2, 3)] }, 3]);
        const expected = { _id: 'dm~a~b', last_seq: 2, updated_at: 1_002, revision: 2, last_position: 3 };
        expect(await writer.conversation('dm~a~b')).toEqual(expected);
      });

      it('stay as they are for a change of a revision they have had', async () => {
        await applyAll([messagesBatch(message(1), message(2)), 2]);
        const before = await writer.conversation('dm~a~b');
        const late = { ...changeOf([message(2)]), last_position: 3, last_seq: 9, updated_at: 9 };
        await applyAll([{ ...emptyBatch, conversations: [late] }, 3]);
        expect(await writer.conversation('dm~a~b')).toEqual(before);
      });

      it('are not shown before their first message, though who is in them is known', async () => {
        const early = { conversations: [touchOf('dm~a~b', 0, 1)], memberships: [membershipChange('a')] };
        await applyAll([{ ...emptyBatch, ...early }, 1]);
        expect(await writer.conversation('dm~a~b')).toBeUndefined();
        expect(await writer.conversations({ user: 'a', limit: 10 })).toEqual([]);
        expect(await writer.conversationsChangedSince('a', 0, 10)).toEqual([]);
        expect(await collect(writer, 'conversation')).toEqual([]);
        expect(await collect(writer, 'membership')).toMatchObject([{ user: 'a', conversation: 'dm~a~b' }]);
        expect(await writer.membership('a', 'dm~a~b')).toMatchObject({ read_seq: 0 });
        await applyAll([messagesBatch(message(1, { position: 2, revision: 1 })), 2]);
        expect(await writer.conversation('dm~a~b')).toMatchObject({ last_seq: 1, last_position: 2 });
        expect(await writer.conversations({ user: 'a', limit: 10 })).toHaveLength(1);
      });

      it('are scanned by id, every one once', async () => {
        const ids = range(1, 2_300).map((index) => `dm~a~p${String(index).padStart(4, '0')}`);
        const messages = ids
          .toReversed()
          .map((conversation, index) =>
            message(1, { conversation, position: index + 1, to: ref(conversation.slice(5)) }),
          );
        const conversations = messages.map((one) => changeOf([one]));
        await applyAll([{ ...emptyBatch, messages, conversations }, messages.length]);
        expect((await collect(writer, 'conversation')).map(({ _id }) => _id)).toEqual(ids);
      });
    });

    describe('memberships', () => {
      const change = (user: string, given: Parameters<typeof membershipChange>[1] = {}): ReadModelBatch => ({
        ...emptyBatch,
        conversations: [touchOf('dm~a~b', 0, 1)],
        memberships: [membershipChange(user, given)],
      });

      it('say what each user has read and sent', async () => {
        await applyAll([messagesBatch(message(1), message(2, { from: ref('b'), to: ref('a') })), 2]);
        await applyAll([{ ...change('a', { read_seq: 2, read_date: 70 }), patches: [readPatch('a', 0, 2, 70)] }, 3]);
        const of = (user: string) => ({ _id: `${user} dm~a~b`, user, conversation: 'dm~a~b', joined_seq: 0 });
        const a = { ...of('a'), read_seq: 2, read_date: 70, own_seq: 1, greatest_client_id: 'client-1' };
        const b = { ...of('b'), read_seq: 0, read_date: null, own_seq: 2, greatest_client_id: 'client-2' };
        expect(await writer.membership('a', 'dm~a~b')).toEqual(a);
        expect(await writer.membership('b', 'dm~a~b')).toEqual(b);
        expect(await collect(writer, 'membership')).toEqual([a, b]);
        expect(await writer.membership('c', 'dm~a~b')).toBeUndefined();
        expect(await writer.membership('a', 'dm~a~c')).toBeUndefined();
      });

      it('take each value only upwards, so that unread can be computed', async () => {
        await applyAll(
          [change('b', { read_seq: 2, read_date: 30, own_seq: 1, greatest_client_id: 'k-2' }), 1],
          [change('b'), 2],
          [change('b', { read_seq: 1, read_date: 50, greatest_client_id: 'k-1' }), 3],
          [change('b', { read_seq: 2, read_date: 60, own_seq: 3 }), 4],
        );
        const expected = { read_seq: 2, read_date: 30, own_seq: 3, greatest_client_id: 'k-2' };
        expect(await writer.membership('b', 'dm~a~b')).toMatchObject(expected);
        await applyAll([change('b', { read_seq: 4, read_date: 20, greatest_client_id: 'k-3' }), 5]);
        const grown = { read_seq: 4, read_date: 20, own_seq: 3, greatest_client_id: 'k-3' };
        expect(await writer.membership('b', 'dm~a~b')).toMatchObject(grown);
      });

      it('keep the seq after which the user joined', async () => {
        await applyAll([change('b', { joined_seq: 7 }), 1], [change('b', { joined_seq: 9, own_seq: 10 }), 2]);
        expect(await writer.membership('b', 'dm~a~b')).toMatchObject({ joined_seq: 7, own_seq: 10 });
      });

      it('hold a greatest client message id with a NUL character or surrogate pairs, compared by code units', async () => {
        for (const [one, other] of [
          ['k\u0000', 'k\u0000b'],
          ['\uD83D\uDE00', '\uFF5E'],
        ] as const) {
          const position = (await writer.checkpoint()) + 1;
          await applyAll([change('b', { greatest_client_id: other }), position]);
          await applyAll([change('b', { greatest_client_id: one }), position + 1]);
          expect((await writer.membership('b', 'dm~a~b'))?.greatest_client_id).toBe(other);
        }
      });

      it('take a member who comes later', async () => {
        const group = (seq: number, id: string) => message(seq, { conversation: 'group~g', from: ref(id), to: null });
        await applyAll([messagesBatch(group(1, 'b')), 1], [messagesBatch(group(2, 'a')), 2]);
        expect((await collect(writer, 'membership')).map(({ user }) => user)).toEqual(['a', 'b']);
        for (const user of ['a', 'b']) expect(await writer.conversations({ user, limit: 10 })).toHaveLength(1);
        expect(await writer.conversations({ user: 'c', limit: 10 })).toEqual([]);
      });

      it('are scanned by id, every one once', async () => {
        const users = range(1, 50).map((index) => `u${String(index).padStart(2, '0')}`);
        const conversations = range(1, 45).map((index) => `group~g${46 - index}`);
        const memberships = conversations.flatMap((id) => users.map((user) => membershipChange(user, {}, id)));
        const touched = conversations.map((id, index) => touchOf(id, 0, index + 1));
        await applyAll([{ ...emptyBatch, conversations: touched, memberships }, 45]);
        const expected = memberships.map(({ user, conversation }) => membershipId(user, conversation)).sort();
        expect((await collect(writer, 'membership')).map(({ _id }) => _id)).toEqual(expected);
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
        expect(found.map(({ conversation }) => conversation._id)).toEqual(expected);
      });

      it("come each with the user's membership and the newest message", async () => {
        const newer = message(2, { conversation: 'dm~a~p05', from: ref('p05'), to: ref('a'), position: 14 });
        const renamed = { ...newer, from: { id: 'p05', username: 'another name' }, send_date: 9_000 };
        await applyAll([messagesBatch(renamed), 14]);
        const read = [membershipChange('a', { read_seq: 2, read_date: 9_001 }, 'dm~a~p05')];
        const patches = [{ ...readPatch('a', 0, 2, 9_001), conversation: 'dm~a~p05' }];
        const conversations = [touchOf('dm~a~p05', 2, 15)];
        await applyAll([{ ...emptyBatch, conversations, memberships: read, patches }, 15]);
        const found = await writer.conversations({ user: 'a', limit: 100 });
        expect(found).toHaveLength(12);
        expect(found[0]).toEqual({
          conversation: await writer.conversation('dm~a~p05'),
          membership: { user: 'a', read_seq: 2, read_date: 9_001, own_seq: 1 },
          last_message: { ...renamed, status: 2, read_date: 9_001 },
          peer_read_seq: 0,
        });
        for (const { conversation, membership, last_message } of found) {
          expect(conversation).toEqual(await writer.conversation(conversation._id));
          expect(await writer.membership('a', conversation._id)).toMatchObject(membership);
          expect(last_message).toEqual(await writer.message(`${conversation._id}:${conversation.last_seq}`));
        }
      });

      it('come each with what the other side has read: oneself where one writes to oneself, nobody in a group', async () => {
        const self = message(1, { conversation: 'dm~a~a', to: ref('a'), position: 14, send_date: 9_000 });
        const group = message(1, { conversation: 'group~g', from: ref('g'), to: null, position: 15, send_date: 8_000 });
        const answer = message(2, { conversation: 'dm~a~p05', from: ref('p05'), to: ref('a'), position: 16 });
        const memberships = [
          membershipChange('p05', { read_seq: 1, read_date: 5_000 }, 'dm~a~p05'),
          membershipChange('p07', { read_seq: 1, read_date: 6_000 }, 'dm~a~p07'),
          membershipChange('a', { read_seq: 1, read_date: 7_000 }, 'dm~a~a'),
          membershipChange('g', { read_seq: 1, read_date: 7_000 }, 'group~g'),
          membershipChange('a', {}, 'group~g'),
        ];
        for (const one of [self, group, answer]) await applyAll([messagesBatch(one), one.position]);
        await applyAll([{ ...emptyBatch, memberships }, 17]);
        const found = await writer.conversations({ user: 'a', limit: 100 });
        const read = new Map(found.map(({ conversation, peer_read_seq }) => [conversation._id, peer_read_seq]));
        expect([...read].filter(([, seq]) => seq > 0).sort()).toEqual([
          ['dm~a~a', 1],
          ['dm~a~p05', 1],
          ['dm~a~p07', 1],
        ]);
        expect(read.get('group~g')).toBe(0);
        expect(read.size).toBe(14);
      });

      it.each([1, 2, 3, 5, 12])('are paged by %i without a gap or a repeat, ties included', async (limit) => {
        const found: string[] = [];
        let before: { updated_at: number; _id: string } | undefined;
        for (;;) {
          const page = await writer.conversations({ user: 'a', limit, ...(before && { before }) });
          found.push(...page.map(({ conversation }) => conversation._id));
          before = page.at(-1)?.conversation;
          if (page.length < limit) break;
        }
        expect(found).toEqual(expected);
      });

      it('move up with a message, not with a read', async () => {
        const newer = message(2, { conversation: 'dm~a~p01', to: ref('p01'), position: 14, send_date: 5_000 });
        await applyAll(
          [messagesBatch(newer), 14],
          [{ ...emptyBatch, conversations: [touchOf('dm~a~p02', 1, 15)] }, 15],
        );
        const found = await writer.conversations({ user: 'a', limit: 2 });
        expect(found.map(({ conversation }) => conversation._id)).toEqual(['dm~a~p01', 'dm~a~p12']);
      });

      it('tell their newest messages, of those that have one', async () => {
        const newer = message(2, { conversation: 'dm~a~p01', to: ref('p01'), position: 14 });
        await applyAll([messagesBatch(newer), 14], [{ ...emptyBatch, conversations: [touchOf('group~g', 0, 15)] }, 15]);
        const asked = ['dm~a~p02', 'dm~a~nobody', 'dm~a~p01', 'group~g'];
        const found = await writer.newestMessages(asked);
        expect(found.map(({ _id }) => _id).sort()).toEqual(['dm~a~p01:2', 'dm~a~p02:1']);
        expect(found).toContainEqual(newer);
        expect(await writer.newestMessages([])).toEqual([]);
      });

      it('changed since a position come oldest change first, reads too', async () => {
        await applyAll([{ ...emptyBatch, conversations: [touchOf('dm~a~p02', 1, 15)] }, 15]);
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
        for (const [peer, client_id] of [
          ['d', '\uFF5E'],
          ['e', '\uD83D\uDE00'],
          ['f', '\u0000'],
        ] as const) {
          const position = (await writer.checkpoint()) + 1;
          const one = message(1, { conversation: `dm~a~${peer}`, to: ref(peer), position, client_id });
          await applyAll([messagesBatch(one), position]);
        }
        expect(await writer.greatestClientId('a')).toBe('\uFF5E');
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
