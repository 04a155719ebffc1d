import { describe, expect, test } from 'vitest';
import { newNumber, sharedServer } from '../support/server.ts';
import { openSocket } from '../support/socket.ts';
import { until } from '../support/until.ts';

interface Offered {
  readonly examples?: Readonly<Record<string, { readonly value: unknown }>>;
}
interface Operation {
  readonly tags: readonly string[];
  readonly parameters?: readonly (Offered & {
    readonly name: string;
    readonly in: string;
    readonly required: boolean;
  })[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Offered>> };
}
interface Document {
  readonly servers: readonly { readonly url: string }[];
  readonly tags: readonly { readonly name: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

const offerOf = ({ examples = {} }: Offered): unknown => Object.values(examples)[0]?.value;

/** A request as the page sends it where nobody changes anything. */
function requestOf(path: string, { parameters = [], requestBody }: Operation): { path: string; body?: string } {
  const given = parameters.filter((one) => one.required || offerOf(one) !== undefined);
  const textOf = (one: Offered): string => encodeURIComponent(String(offerOf(one)));
  const filled = path.replace(/\{([^}]+)\}/g, (_all, name) => textOf(given.find((one) => one.name === name)!));
  const query = given.filter((one) => one.in === 'query').map((one) => `${one.name}=${textOf(one)}`);
  const body = requestBody && JSON.stringify(offerOf(requestBody.content['application/json']!));
  return { path: query.length > 0 ? `${filled}?${query.join('&')}` : filled, ...(body && { body }) };
}

describe('under the path that a proxy shows it by', () => {
  const server = sharedServer({ DEMO_USERS: '1', BASE_PATH: '/chat' });
  const at = (path: string): string => new URL(path, server().api).href;

  test('everything that the page offers succeeds as it is, from top to bottom', async () => {
    await until(async () => (await fetch(at('/chat/readyz'))).status === 200, 'it serves');
    const document = (await (await fetch(at('/chat/openapi.json'))).json()) as Document;
    expect(document.servers).toEqual([{ url: at('/chat') }]);
    const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
    );
    const inOrder = document.tags.flatMap(({ name }) =>
      operations.filter(({ operation }) => operation.tags[0] === name),
    );
    expect(inOrder).toHaveLength(operations.length);
    for (const { path, method, operation } of inOrder) {
      const { path: filled, body } = requestOf(path, operation);
      const answer = await fetch(`${document.servers[0]!.url}${filled}`, {
        method: method.toUpperCase(),
        headers: { 'X-User-Id': '1001', ...(body && { 'Content-Type': 'application/json' }) },
        ...(body && { body }),
      });
      expect(answer.ok, `${method} ${filled}: ${answer.status} ${await answer.text()}`).toBe(true);
    }
  });

  test.each(['/chat', ''])('whether the proxy passes the path on or takes it away (%j)', async (path) => {
    const id = newNumber();
    const registered = await server().rest('POST', `${path}/v1/users`, { body: { id, username: 'Ü' } });
    expect(registered.headers.get('location')).toBe(`/chat/v1/users/${id}`);
    expect((await fetch(at(registered.headers.get('location')!))).status).toBe(200);
    const sent = await server().rest('POST', `${path}/v1/messages`, { as: id, body: { id: 'one', to: id, msg: 'x' } });
    const message = at(sent.headers.get('location')!);
    expect(await (await fetch(message, { headers: { 'X-User-Id': id } })).json()).toMatchObject({ msg: 'x' });
    const [first] = await server().get<{ avatar: string }[]>(`${path}/user?fromId=${id}&limit=2`);
    expect((await fetch(at(first!.avatar))).status).toBe(200);
    for (const place of ['/', '/docs']) {
      const page = await fetch(at(`${path}${place}`));
      const links = [...(await page.text()).matchAll(/(?:src|href)="([^"]+)"/g)];
      expect(links.length).toBeGreaterThan(1);
      for (const [, link] of links) expect((await fetch(new URL(link!, page.url))).status, link).toBe(200);
    }
  });

  test.each(['/chat', ''])('sockets too, on either port (%j)', async (path) => {
    for (const port of [server().httpPort, server().wsPort]) {
      const sockets = `ws://127.0.0.1:${port}`;
      const chat = await openSocket({ sockets }, `${path}/v1/ws`);
      chat.send({ type: 'hello', user: '1001' });
      expect(await chat.next('welcome')).toMatchObject({ user: '1001' });
      await openSocket({ sockets }, `${path}/ws/1001`);
    }
  });

  test.each(['/chatter/healthz', '/chat/chat/healthz', '/chathealthz'])('%s is nowhere', async (path) => {
    expect((await fetch(at(path))).status).toBe(404);
  });
});
