import { describe, expect, test } from 'vitest';
import { newUser, sharedServer } from '../support/server.ts';
import { enter, openSocket } from '../support/socket.ts';
import { until } from '../support/until.ts';

describe('the metrics of a running server', () => {
  const server = sharedServer({ AUTH: 'none' });
  /** The value of each line, by name and labels. */
  async function metrics(): Promise<Map<string, number>> {
    const { text } = await server().rest('GET', '/metrics');
    const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]));
  }

  test('time requests by method, route and status, never by address', async () => {
    const user = newUser();
    await server().register(user);
    await server().rest('GET', `/v1/users/${user}`);
    await server().rest('GET', '/nowhere');
    await until(
      async () => (await metrics()).has('weiliao_http_request_seconds_count{method="GET",route="none",status="404"}'),
      'it is counted',
    );
    const all = await metrics();
    expect(all.get('weiliao_http_request_seconds_count{method="POST",route="/v1/users",status="201"}')).toBe(1);
    expect(all.get('weiliao_http_request_seconds_count{method="GET",route="/v1/users/:id",status="200"}')).toBe(1);
    expect([...all.keys()].join()).not.toContain(user);
  });

  test('time acks and queries of the read model, and count what is in flight and unsent', async () => {
    const [one, other] = [newUser(), newUser()];
    await server().register(one, other);
    const chat = await enter(server(), one);
    const { conversation } = await chat.say(other, 'hello');
    await chat.markRead(conversation, 1);
    await server().get(`/v1/conversations/${conversation}/messages`, one);
    const all = await metrics();
    expect(all.get('weiliao_ack_seconds_count{frame="send"}')).toBe(1);
    expect(all.get('weiliao_ack_seconds_count{frame="read"}')).toBe(1);
    expect(all.get('weiliao_ack_seconds_sum{frame="send"}')).toBeGreaterThan(0);
    expect(all.get('weiliao_read_model_seconds_count{query="messages"}')).toBe(1);
    expect(all.get('weiliao_commands_in_flight')).toBe(0);
    expect(all.get('weiliao_socket_unsent_bytes{place="1"}')).toBe(0);
  });

  test('say who runs, whether it can serve, what its threads do and what its files take', async () => {
    await until(async () => (await metrics()).get('weiliao_ready') === 1, 'it can serve');
    const all = await metrics();
    const build = [...all.keys()].find((name) => name.startsWith('weiliao_build_info'));
    expect(build).toContain(`node="${process.versions.node}"`);
    for (const thread of ['main', 'projector', 'checkpoint']) {
      expect(all.get(`weiliao_loop_active_seconds_total{thread="${thread}"}`), thread).toBeGreaterThan(0);
    }
    for (const file of ['log', 'read-model']) {
      expect(all.get(`weiliao_file_bytes{file="${file}"}`), file).toBeGreaterThan(4_095);
    }
    expect(all.get('weiliao_disk_free_bytes')).toBeGreaterThan(0);
  });

  test('count handshakes and logins that were refused, by reason', async () => {
    await expect(openSocket(server(), '/v1/nowhere')).rejects.toThrow('404');
    const chat = await openSocket(server());
    chat.send({ type: 'ping' });
    expect(await chat.closeCode()).toBe(4501);
    const all = await metrics();
    expect(all.get('weiliao_refusals_total{reason="path"}')).toBe(1);
    expect(all.get('weiliao_refusals_total{reason="not authenticated"}')).toBe(1);
  });
});
