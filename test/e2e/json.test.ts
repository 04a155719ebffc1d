import { describe, expect, test } from 'vitest';
import { newNumber, newUser, sharedServer } from '../support/server.ts';
import { enter, newId } from '../support/socket.ts';

const server = sharedServer();

/** What comes of a message in these very words: `ok`, or the code it is refused with. */
type Door = (from: string, id: string, fields: string, before?: string) => Promise<string>;

const overSocket: Door = async (from, id, fields, before = '') => {
  const socket = await enter(server(), from);
  socket.send(`${before}{"type":"send","id":"${id}","msg":"m",${fields}}`);
  const answer = await socket.take((frame) => frame.type === 'ack' || frame.type === 'error', 'the answer');
  return answer.type === 'error' ? answer.code : 'ok';
};

const overRest: Door = async (from, id, fields, before = '') => {
  await server().register(from);
  const body = `${before}{"id":"${id}","msg":"m",${fields}}`;
  const { status, body: told } = await server().rest<{ code?: string }>('POST', '/v1/messages', { as: from, body });
  return status === 201 ? 'ok' : told.code!;
};

describe.each([
  ['a socket', overSocket],
  ['REST', overRest],
])('over %s', (_name, door) => {
  test.each([
    ['__proto__', '"__proto__":{"to":"nobody"}'],
    ['constructor', '"constructor":{"prototype":{"to":"nobody"}}'],
    ['any other name', '"hasOwnProperty":1,"toString":null,"":[{}]'],
  ])('a field that nobody knows is left aside: %s', async (_field, unknown) => {
    const to = newUser();
    await server().register(to);
    expect(await door(newUser(), newId(), `"to":"${to}",${unknown}`)).toBe('ok');
    expect(await door(newUser(), newId(), `${unknown},"to":"${to}"`)).toBe('ok');
    expect(await door(newUser(), newId(), unknown)).toBe('BAD_FRAME');
  });

  test('a byte order mark before the text is no part of it, two are', async () => {
    const to = newUser();
    await server().register(to);
    expect(await door(newUser(), newId(), `"to":"${to}"`, '\ufeff')).toBe('ok');
    expect(await door(newUser(), newId(), `"to":"${to}"`, '\ufeff\ufeff')).toBe('BAD_FRAME');
  });

  test('an id that is a number is its decimal text, up to 2^53', async () => {
    const number = newNumber();
    await server().register(number, '9007199254740991');
    expect(await door(newUser(), newId(), `"to":${number}`)).toBe('ok');
    expect(await door(newUser(), newId(), '"to":9007199254740991')).toBe('ok');
  });

  test.each(['9007199254740993', '12345678901234567890', '1e21', '-1e400', '1.5', 'true', '[1]', 'null'])(
    'none that cannot be read exactly, or is no number: %s',
    async (id) => {
      expect(await door(newUser(), newId(), `"to":${id}`)).toBe('BAD_FRAME');
    },
  );
});
