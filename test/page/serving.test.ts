import { readFileSync } from 'node:fs';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { request } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { expect, test } from 'vitest';
import { sharedServer, startServer } from '../support/server.ts';

const server = sharedServer();

interface Got {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** As it crosses the wire: nothing is decompressed. */
function get(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Got> {
  return new Promise((resolve, reject) => {
    request(`${server().api}${path.replace(/^\.\//, '/')}`, { headers, method }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () => {
        resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(parts) });
      });
    })
      .on('error', reject)
      .end();
  });
}

const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'none'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";

async function assets(): Promise<string[]> {
  const { body } = await get('/');
  return [...body.toString().matchAll(/(?:src|href)="([^"]+)"/g)].flatMap(([, url]) =>
    url === undefined ? [] : [url],
  );
}

test('the page is at /, asked for again each time, under a policy that lets nothing else in', async () => {
  const { status, headers, body } = await get('/');
  expect(status).toBe(200);
  expect(headers).toMatchObject({
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-cache',
    'content-security-policy': policy,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  });
  expect(body.toString()).toContain('<div id="root">');
  expect(body.toString()).not.toMatch(/<script>|<style|\son\w+=/);
  const again = await get('/', { 'If-None-Match': headers.etag! });
  expect([again.status, again.body.length]).toEqual([304, 0]);
});

test('what it is made of comes from here, under names of its content, to be kept for ever', async () => {
  const urls = await assets();
  expect(urls.some((url) => url.endsWith('.js')) && urls.some((url) => url.endsWith('.css'))).toBe(true);
  for (const url of urls) {
    expect(url).toMatch(/^\.\/assets\/[\w-]+-[\w-]{8}\.\w+$/);
    const { status, headers } = await get(url);
    expect([url, status, headers['cache-control']]).toEqual([url, 200, 'public, max-age=31536000, immutable']);
    expect(headers.vary).toContain('Accept-Encoding');
  }
});

test.each([
  ['br', brotliDecompressSync],
  ['gzip', gunzipSync],
])('scripts and styles come compressed by %s to who takes it', async (encoding, decompress) => {
  for (const url of (await assets()).filter((each) => /\.(js|css)$/.test(each))) {
    const plain = await get(url);
    const packed = await get(url, { 'Accept-Encoding': encoding });
    expect(plain.headers['content-encoding']).toBeUndefined();
    expect(packed.headers['content-encoding']).toBe(encoding);
    expect(packed.headers['content-type']).toBe(plain.headers['content-type']);
    expect(packed.body.length).toBeLessThan(plain.body.length / 2);
    expect(decompress(packed.body).equals(plain.body)).toBe(true);
  }
});

test('HEAD tells the same without the page', async () => {
  const { status, headers, body } = await get('/', {}, 'HEAD');
  expect([status, headers['content-security-policy'], body.length]).toEqual([200, policy, 0]);
});

test.each(['/assets/nothing.js', '/assets/..%2findex.html', '/assets/%2e%2e/%2e%2e/package.json', '/index.js'])(
  'at %s there is nothing, and nobody keeps that',
  async (path) => {
    const { status, headers } = await get(path);
    expect([status, headers['cache-control']]).toEqual([404, 'no-store']);
    expect(headers['content-type']).toContain('application/problem+json');
  },
);

test('the licences of its parts come with it', async () => {
  const { status, body } = await get('/assets/licences.md');
  expect(status).toBe(200);
  expect(body.toString()).toMatch(/react[^]*MIT/);
});

test('a process without the role api leads to the documentation instead', async () => {
  const gateway = await startServer({ ROLES: 'gateway,projector' });
  const { status, headers } = await gateway.rest('GET', '/');
  expect([status, headers.get('location')]).toEqual([302, 'docs']);
});

test('under the path that a proxy shows it by, the page stands where it names its parts', async () => {
  const below = await startServer({ BASE_PATH: '/chat' });
  const bare = await below.rest('GET', '/chat');
  expect([bare.status, bare.headers.get('location')]).toEqual([302, '/chat/']);
  const { text } = await below.rest('GET', '/chat/');
  const script = /src="([^"]+)"/.exec(text)?.[1] ?? '';
  expect((await below.rest('GET', new URL(script, `${below.api}/chat/`).pathname)).status).toBe(200);
});

test('the built page names no other host', () => {
  const folder = new URL('../../dist/page/', import.meta.url);
  const html = readFileSync(new URL('index.html', folder), 'utf8');
  expect(html).not.toMatch(/https?:\/\//);
});
