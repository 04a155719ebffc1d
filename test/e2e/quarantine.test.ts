import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { conversationStream, directConversationId } from '../../src/domain/conversation/conversation-id.ts';
import { openEventStoreDb } from '../../src/event-store/eventstoredb/eventstoredb-event-store.ts';
import { isReady } from '../support/deployment.ts';
import { runProgram } from '../support/program.ts';
import { newUser, ownFolder, startServer } from '../support/server.ts';
import { enter } from '../support/socket.ts';
import { startStandIn } from '../support/stand-in.ts';
import { until } from '../support/until.ts';

test.each(['catch-up', 'persistent'])(
  'a damaged event stops its conversation and nothing else (feed: %s)',
  async (FEED) => {
    const standIn = await startStandIn();
    const env = { EVENTSTORE_URL: standIn.url, DATA_DIR: ownFolder(), FEED };
    const server = await startServer(env, env.DATA_DIR);
    await until(() => isReady(server), 'the server is ready');
    const [a, b, c] = [newUser('a'), newUser('b'), newUser('c')];
    await server.register(a, b, c);
    const [alice, carl] = [await enter(server, a), await enter(server, c)];
    await alice.say(b, 'one');
    const conversation = directConversationId(a, b);
    const stream = conversationStream(conversation);
    const store = await openEventStoreDb({ url: standIn.url });
    const bad = { id: randomUUID(), type: 'MessageSent', data: {}, metadata: { schemaVersion: 1, lastSeq: 2 } };
    await store.appendToStream(stream, [bad], 0);

    const send = (to: string, id: string) => server.rest('POST', '/v1/messages', { as: a, body: { id, to, msg: id } });
    await until(async () => (await send(b, randomUUID())).status === 409, 'the conversation is damaged');
    expect((await send(b, 'x')).body).toMatchObject({ code: 'CONVERSATION_DAMAGED' });
    expect((await send(c, 'y')).status).toBe(201);
    await until(() => carl.frames.some((frame) => frame.type === 'message'), 'others are still told');
    await until(
      async () => JSON.stringify((await server.rest('GET', '/readyz')).body).includes(`${stream} at revision 1`),
      'it is named',
    );
    expect(await isReady(server)).toBe(true);
    await server.stop('SIGTERM');

    const listed = await runProgram(['quarantine', 'list'], env);
    expect(listed).toMatchObject({ code: 0, stderr: '' });
    expect(listed.stdout).toMatch(`${stream} revision 1, position`);
    expect(await runProgram(['verify'], env)).toMatchObject({ code: 1, stderr: '' });
    expect((await runProgram(['rebuild'], env)).stdout).toMatch(
      `stands still: ${stream}, whose revision 1 cannot be read`,
    );
    expect(await runProgram(['quarantine', 'pass', conversation, 'x', '--reason', 'r'], env)).toMatchObject({
      code: 2,
    });
    expect(await runProgram(['quarantine', 'pass', conversation, '0', '--reason', 'r'], env)).toMatchObject({
      code: 3,
    });
    const passed = await runProgram(['quarantine', 'pass', conversation, '1', '--reason', 'test'], env);
    expect(passed).toMatchObject({ code: 0, stderr: '' });
    await store.close();

    const again = await startServer(env, env.DATA_DIR);
    await until(() => isReady(again), 'the server is ready again');
    expect(await (await enter(again, a)).say(b, 'three')).toMatchObject({ seq: 3, revision: 3 });
    await until(async () => {
      const { body } = await again.rest('GET', `/v1/conversations/${conversation}/messages`, { as: b });
      return JSON.stringify(body).includes('three');
    }, 'it goes on');
    await again.stop('SIGTERM');
    expect(await runProgram(['verify'], env)).toMatchObject({ code: 0, stdout: 'verified: no difference\n' });
    expect((await runProgram(['rebuild'], env)).stdout).toContain(': equal; now in use');
    await standIn.stop();
    const unreachable = await runProgram(['quarantine', 'list'], {
      MONGODB_URL: 'mongodb://127.0.0.1:9/x?serverSelectionTimeoutMS=100',
      EVENTSTORE_URL: standIn.url,
    });
    expect(unreachable.code).toBe(3);
    expect(unreachable.stderr).not.toMatch(/^ {4}at /m);
  },
);
