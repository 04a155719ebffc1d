import { describe, expect, it } from 'vitest';
import { decideBlock, decideChange, decideEndSessions, decideRegister } from '../../src/domain/user/decisions.ts';
import type { UserDecision } from '../../src/domain/user/decisions.ts';
import { evolveUser } from '../../src/domain/user/kinds.ts';
import { avatarSchema, userIdSchema, usernameSchema } from '../../src/domain/user/user.ts';
import type { UserState } from '../../src/domain/user/user-state.ts';

const ada = { id: 'ada', username: 'Ada', avatar: null };

/** The state after what was accepted. */
function after(state: UserState | undefined, decision: UserDecision): UserState | undefined {
  if (decision.kind !== 'accepted') throw new Error(`not accepted: ${JSON.stringify(decision)}`);
  return evolveUser(state, decision.event);
}

const registered = after(undefined, decideRegister(ada, undefined));

describe('a user', () => {
  it('is registered once, and stays who they are', () => {
    expect(registered).toMatchObject({ ...ada, sessionsEnded: 0 });
    expect(decideRegister(ada, registered)).toEqual({ kind: 'unchanged' });
    expect(decideRegister({ ...ada, username: 'Eve' }, registered)).toMatchObject({ code: 'USER_EXISTS' });
  });

  it('changes name and picture, each without the other', () => {
    const renamed = after(registered, decideChange('ada', { username: 'Ada L.' }, registered));
    expect(renamed).toMatchObject({ username: 'Ada L.', avatar: null });
    const shown = after(renamed, decideChange('ada', { avatar: '/ada.png' }, renamed));
    expect(shown).toMatchObject({ username: 'Ada L.', avatar: '/ada.png' });
    expect(decideChange('ada', { username: 'Ada L.', avatar: '/ada.png' }, shown)).toEqual({ kind: 'unchanged' });
    expect(after(shown, decideChange('ada', { avatar: null }, shown))).toMatchObject({ avatar: null });
  });

  it('blocks others, each once, and takes it back', () => {
    const block = (on: boolean, state = registered) => decideBlock('ada', { user: 'bob', on, date: 5 }, state);
    const blocking = after(registered, block(true));
    expect([...blocking!.blocked]).toEqual([['bob', 5]]);
    expect(block(true, blocking)).toEqual({ kind: 'unchanged' });
    expect([...after(blocking, block(false, blocking))!.blocked]).toEqual([]);
    expect(block(false)).toEqual({ kind: 'unchanged' });
    expect(decideBlock('ada', { user: 'ada', on: true, date: 5 }, registered)).toMatchObject({ code: 'BAD_FRAME' });
  });

  it('has sessions that end', () => {
    expect(after(registered, decideEndSessions('ada', 7, registered))).toMatchObject({ sessionsEnded: 7 });
  });

  it('who is not registered changes nothing', () => {
    const refused = { kind: 'refused', code: 'USER_NOT_FOUND' };
    expect(decideChange('ada', { username: 'x' }, undefined)).toMatchObject(refused);
    expect(decideBlock('ada', { user: 'bob', on: true, date: 5 }, undefined)).toMatchObject(refused);
    expect(decideEndSessions('ada', 7, undefined)).toMatchObject(refused);
  });
});

describe('a name', () => {
  it.each(['Ada', '张三', 'مريم', '👩‍👩‍👧', 'a b', "O'Neil", 'می‌خواهم'])('may be %j', (name) => {
    expect(usernameSchema.parse(name)).toBe(name.normalize('NFC'));
  });

  it('is kept in its composed form', () => {
    expect(usernameSchema.parse('Jose\u0301')).toBe('Jos\u00e9');
  });

  it.each([
    ['empty', ''],
    ['blank', '   '],
    ['of spaces that are not shown', '\u00a0\u2003'],
    ['of characters without a shape', '\u200b\u2060'],
    ['of the blank of Hangul', '\u3164'],
    ['of an accent alone', '\u0301'],
    ['with a line break', 'a\nb'],
    ['with a null', 'a\u0000'],
    ['that turns what follows around', 'abc\u202egpj.exe'],
    ['with an isolate', 'a\u2066b'],
    ['with half a character', 'a\ud800'],
    ['too long', 'x'.repeat(129)],
  ])('is not %s', (_what, name) => {
    expect(usernameSchema.safeParse(name).success).toBe(false);
  });
});

describe('a picture', () => {
  it.each([null, 'https://pictures.example/a.png', '/avatars/a.svg', '/a?size=2'])('may be %j', (avatar) => {
    expect(avatarSchema.parse(avatar)).toBe(avatar);
  });

  it.each([
    'http://x.example/a.png',
    'javascript:alert(1)',
    'data:image/png;base64,x',
    '//evil.example/a',
    '/\\evil',
    'a.png',
    '',
    'https://',
    'https://a b',
  ])('is not %j', (avatar) => {
    expect(avatarSchema.safeParse(avatar).success).toBe(false);
  });
});

it.each(['.', '..'])('%j is no user id', (id) => {
  expect(userIdSchema.safeParse(id).success).toBe(false);
  expect(userIdSchema.parse(`${id}a`)).toBe(`${id}a`);
});
