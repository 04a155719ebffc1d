import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright-core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { hasBrowser, sharedBrowser } from '../support/browser.ts';
import { startServer } from '../support/server.ts';
import type { Environment, Server } from '../support/server.ts';
import { enter } from '../support/socket.ts';
import { until } from '../support/until.ts';
import { jwt, tokenOf } from './tokens.ts';

/** A name of the internet that leads to this machine, as one does whose owner attacks: it is foreign to the server. */
const evil = 'evil.example';

/** What a page may try, with the browser's own means. Each tells what the page saw of it. */
interface Attempt {
  readonly name: string;
  readonly status: number | 'failed';
  readonly text: string;
}

interface Target {
  readonly api: string;
  readonly sockets: string;
  readonly token: string;
}

interface Part {
  onload: () => void;
  onerror: () => void;
  src: string;
  submit(): void;
  appendChild(child: Part): Part;
}

/** What a page has and Node has not. */
interface InPage {
  readonly location: { readonly host: string };
  readonly navigator: { sendBeacon(address: string, body: string): boolean };
  readonly document: { readonly body: Pick<Part, 'appendChild'>; createElement(name: string): Part };
}

/** Runs in the page. */
async function attack({ api, sockets, token }: Target): Promise<Attempt[]> {
  const { location, navigator, document } = globalThis as unknown as InPage;
  const attempts: Attempt[] = [];
  const say = { id: `from-${location.host}`, to: 'b', msg: 'from a page' };
  const identity: Record<string, string> = token === '' ? { 'X-User-Id': 'a' } : { Authorization: `Bearer ${token}` };
  const requests: Record<string, [address: string, options: RequestInit]> = {
    read: ['/v1/conversations/dm~1~2/messages', { headers: { ...identity, 'X-User-Id': '1' } }],
    'read as the original client': ['/user?fromId=1', {}],
    send: [
      '/v1/messages',
      { method: 'POST', headers: { ...identity, 'Content-Type': 'application/json' }, body: JSON.stringify(say) },
    ],
    'send as plain text': ['/v1/messages', { method: 'POST', mode: 'no-cors', body: JSON.stringify(say) }],
  };
  for (const [name, [address, options]] of Object.entries(requests)) {
    const answer = await fetch(api + address, options).then(
      async (response) => ({ status: response.status, text: await response.text() }),
      (error: unknown) => ({ status: 'failed' as const, text: String(error) }),
    );
    attempts.push({ name, ...answer });
  }
  navigator.sendBeacon(`${api}/v1/messages`, JSON.stringify(say));
  navigator.sendBeacon(`${api}/v1/users`, JSON.stringify({ id: 'beacon', username: 'beacon' }));
  await new Promise<void>((resolve) => {
    const picture = document.createElement('img');
    picture.onload = picture.onerror = () => resolve();
    picture.src = `${api}/message?fromId=1&toId=2`;
  });
  await new Promise<void>((resolve) => {
    const frame = document.body.appendChild(Object.assign(document.createElement('iframe'), { name: 'into' }));
    const form = document.body.appendChild(document.createElement('form'));
    Object.assign(form, { action: `${api}/v1/messages`, method: 'POST', enctype: 'text/plain', target: 'into' });
    const field = form.appendChild(document.createElement('input'));
    Object.assign(field, { name: JSON.stringify({ ...say, msg: 'form' }).slice(0, -1) + ',"x":"', value: '"}' });
    frame.onload = () => resolve();
    form.submit();
  });
  for (const base of [sockets, api.replace('http', 'ws')]) {
    for (const place of ['/v1/ws', '/ws/1']) {
      const opened = await new Promise<boolean>((resolve) => {
        const socket = new WebSocket(base + place);
        socket.onopen = () => resolve(true);
        socket.onerror = () => resolve(false);
      });
      attempts.push({ name: `a socket at ${place}`, status: opened ? 101 : 'failed', text: '' });
    }
  }
  return attempts;
}

// Everything of this name leads here. Local addresses are open to pages, or the browser would help the server.
const browser = sharedBrowser(
  `--host-resolver-rules=MAP ${evil} 127.0.0.1`,
  '--disable-features=BlockInsecurePrivateNetworkRequests,LocalNetworkAccessChecks',
);

/** A page of another server on this machine, at an address of the given host. */
async function pageOf(host: string): Promise<Page> {
  const site = createServer((_request, response) => {
    response.setHeader('Content-Type', 'text/html').end('<!doctype html><title>a page</title><body></body>');
  }).listen(0, '127.0.0.1');
  await once(site, 'listening');
  onTestFinished(() => {
    site.closeAllConnections();
    site.close();
  });
  return open(`http://${host}:${(site.address() as AddressInfo).port}/`);
}

async function open(address: string): Promise<Page> {
  const page = await browser().newPage();
  onTestFinished(() => page.close());
  await page.goto(address);
  return page;
}

/** 1 and 2 have talked, and 2 has not read it yet. */
async function talked(env: Environment, token: boolean): Promise<Server> {
  const server = await startServer(env);
  if (token) {
    for (const id of ['a', 'b']) {
      await server.rest('POST', '/v1/users', { token: tokenOf(id), body: { id, username: id } });
    }
    return server;
  }
  await server.register('a', 'b', '1', '2');
  const one = await enter(server, '2');
  await one.say('1', 'a secret');
  return server;
}

interface Conversations {
  readonly items: readonly { readonly id: string }[];
}

interface Messages {
  readonly items: readonly { readonly status: number }[];
}

/** Nothing was written: nobody wrote to b, and 1 has read nothing. */
async function expectUntouched(server: Server, token: boolean): Promise<void> {
  const as = token ? { token: tokenOf('b') } : { as: 'b' };
  const { body } = await server.rest<Conversations>('GET', '/v1/conversations', as);
  expect(body.items).toEqual([]);
  if (token) return;
  const { items } = await server.get<Messages>('/v1/conversations/dm~1~2/messages', '2');
  expect(items).toEqual([expect.objectContaining({ status: 1 })]);
  expect((await server.rest('GET', '/v1/users/beacon', { as: 'a' })).status).toBe(404);
}

describe.runIf(hasBrowser).each([
  ['none', {}],
  ['jwt', jwt],
])('a page in a browser, in mode %s', (mode, env) => {
  const token = mode === 'jwt';
  const target = (server: Server, host: string): Target => ({
    api: `http://${host}:${server.httpPort}`,
    sockets: `ws://${host}:${server.wsPort}`,
    token: token ? tokenOf('a') : '',
  });

  test('of elsewhere can neither read nor write, nor open a socket', async () => {
    const server = await talked(env, token);
    const page = await pageOf(evil);
    const attempts = await page.evaluate(attack, target(server, '127.0.0.1'));
    for (const { name, status, text } of attempts) {
      // What is sent without asking first is answered, but shows nothing.
      expect([name, status]).toEqual([name, name === 'send as plain text' ? 0 : 'failed']);
      expect(text).not.toContain('secret');
    }
    await expectUntouched(server, token);
  });

  test('whose own name was made to lead to the server gets nothing', async () => {
    const server = await talked(env, token);
    const page = await open(`http://${evil}:${server.httpPort}/`);
    const attempts = await page.evaluate(attack, target(server, evil));
    for (const { name, status, text } of attempts) {
      const refused = name.startsWith('a socket') ? 'failed' : 403;
      expect([name, status]).toEqual([name, refused]);
      expect(text).not.toContain('secret');
    }
    await expectUntouched(server, token);
  });

  test.each(['127.0.0.1', 'localhost'])('of the server itself, or of %s beside it, can', async (host) => {
    const server = await talked(env, token);
    const origins = host === '127.0.0.1' ? [await open(`http://127.0.0.1:${server.httpPort}/docs`)] : [];
    for (const page of [...origins, await pageOf(host)]) {
      const attempts = await page.evaluate(attack, target(server, '127.0.0.1'));
      const statuses = Object.fromEntries(attempts.map(({ name, status }) => [name, status]));
      expect(statuses).toMatchObject({ send: 201, 'a socket at /v1/ws': 101 });
      if (!token) expect(statuses['read']).toBe(200);
    }
    // A picture of another host than the server's counts as one from elsewhere.
    if (token || host === 'localhost') return;
    await until(async () => {
      const { items } = await server.get<Messages>('/v1/conversations/dm~1~2/messages', '2');
      return items[0]?.status === 2;
    }, 'the picture has marked it as read');
  });
});

test.runIf(hasBrowser)('the page of the documents tries a route out as it is, under a path too', async () => {
  const server = await startServer({ BASE_PATH: '/chat', DEMO_USERS: '1' });
  const page = await open(`${server.api}/chat/docs`);
  const faults: string[] = [];
  page.on('pageerror', ({ message }) => faults.push(message));
  const route = page.locator('#operations-messages-sendMessage');
  await route.locator('.opblock-summary-control').click();
  await route.getByRole('button', { name: 'Try it out' }).click();
  const answered = page.waitForResponse((response) => response.url().endsWith('/chat/v1/messages'));
  await route.getByRole('button', { name: 'Execute' }).click();
  expect((await answered).status()).toBe(201);
  expect(await server.get('/v1/messages/dm~1001~1002:1', '1002')).toMatchObject({ msg: 'hello' });
  expect(faults).toEqual([]);
});
