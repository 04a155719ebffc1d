import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  directConversationId,
  messageId,
  parseConversationId,
  parseMessageId,
} from '../../src/domain/conversation/conversation-id.ts';
import { directRosters, peerAmong } from '../../src/domain/conversation/rosters.ts';
import { clientIdSchema, messageTextSchema } from '../../src/domain/conversation/message-text.ts';
import type { Roster } from '../../src/domain/conversation/rosters.ts';
import { userIdSchema } from '../../src/domain/user/user.ts';

const userId = fc.stringMatching(/^[A-Za-z0-9._-]{1,64}$/).filter((id) => !/^\.{1,2}$/.test(id));

describe('ids', () => {
  it('name a direct conversation the same from both sides', () => {
    fc.assert(
      fc.property(userId, userId, (one, other) => {
        const id = directConversationId(one, other);
        expect(directConversationId(other, one)).toBe(id);
        const roster = directRosters.of(id) as Roster;
        expect(peerAmong(roster.members, one)).toBe(other);
        expect(peerAmong(roster.members, other)).toBe(one);
        expect(new Set(roster.members)).toEqual(new Set([one, other]));
        expect(directRosters.directMembers(id)).toEqual(roster.members);
        expect([one, other, `${one}x`].map((user) => roster.joinedSeq(user))).toEqual([0, 0, undefined]);
      }),
    );
  });

  it('order the users of a direct conversation by code unit, not by number or case', () => {
    expect(directConversationId('10', '9')).toBe('dm~10~9');
    expect(directConversationId('a', 'B')).toBe('dm~B~a');
    expect(parseConversationId('dm~9~10')).toBeUndefined();
  });

  it('are no conversation ids where anything is amiss', () => {
    for (const text of [
      '',
      'dm~',
      'dm~a',
      'dm~a~b~c',
      'dm~a~',
      'dm~~a',
      'dm~b~a',
      'group~',
      'group~a b',
      'DM~a~b',
      'a',
    ]) {
      expect(parseConversationId(text), text).toBeUndefined();
    }
    expect(parseConversationId('group~team-1')).toEqual({ kind: 'group', group: 'team-1' });
  });

  it('of messages say where the message lives', () => {
    expect(parseMessageId(messageId('dm~a~b', 12))).toEqual({ conversation: 'dm~a~b', seq: 12 });
    for (const text of ['dm~a~b', 'dm~a~b:0', 'dm~a~b:01', 'dm~a~b:-1', 'dm~a~b:1.5', 'dm~b~a:1', ':1']) {
      expect(parseMessageId(text), text).toBeUndefined();
    }
  });

  it('of users may come as JSON numbers', () => {
    expect(userIdSchema.parse(1001)).toBe('1001');
    expect(userIdSchema.parse('1001')).toBe('1001');
    for (const value of [1e21, Number.NaN, null, true, {}, '', 'a b', 'ä', 'x'.repeat(65)]) {
      expect(userIdSchema.safeParse(value).success).toBe(false);
    }
  });

  it('of clients are up to 64 of the characters that a UUID needs and some more', () => {
    expect(clientIdSchema.safeParse('a.B_9:-').success).toBe(true);
    for (const value of ['', 'a b', 'ä', 'x'.repeat(65), 5])
      expect(clientIdSchema.safeParse(value).success).toBe(false);
  });
});

describe('the text of a message', () => {
  it('is 1 to 8,192 UTF-8 bytes', () => {
    expect(messageTextSchema.safeParse('').success).toBe(false);
    expect(messageTextSchema.safeParse('x'.repeat(8_192)).success).toBe(true);
    expect(messageTextSchema.safeParse('x'.repeat(8_193)).success).toBe(false);
    expect(messageTextSchema.safeParse('汉'.repeat(2_730)).success).toBe(true);
    expect(messageTextSchema.safeParse('汉'.repeat(2_731)).success).toBe(false);
  });

  it('has no lone surrogates', () => {
    expect(messageTextSchema.safeParse('\ud83c\udf0a').success).toBe(true);
    expect(messageTextSchema.safeParse('\ud83c').success).toBe(false);
  });
});
