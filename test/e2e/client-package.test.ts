import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, extname, join } from 'node:path';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { chromium } from 'playwright-core';
import type { Page } from 'playwright-core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type * as clientPackage from '../../packages/client/src/index.ts';
import { browserPath, hasBrowser } from '../support/browser.ts';
import { newUser, startServer } from '../support/server.ts';
import type { Server } from '../support/server.ts';
import { enter } from '../support/socket.ts';

/* The client as people get it: out of its tarball, without a word of this repository. */

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const source = join(root, 'packages/client');
const readme = readFileSync(join(source, 'README.md'), 'utf8');

/** A project that has the package installed. */
let project: string;
let tarball: string;
let installed: string;

beforeAll(async () => {
  project = mkdtempSync(join(tmpdir(), 'weiliao-client-'));
  const args = [
    'pack',
    '--ignore-scripts',
    '--silent',
    '--cache',
    join(project, 'cache'),
    '--pack-destination',
    project,
  ];
  const { stdout } = await run('npm', args, { cwd: source });
  tarball = join(project, stdout.trim());
  installed = join(project, 'node_modules/@weiliao/client');
  mkdirSync(installed, { recursive: true });
  await run('tar', ['xzf', tarball, '-C', installed, '--strip-components=1']);
  // Node 20 has no WebSocket of its own.
  symlinkSync(join(root, 'node_modules/ws'), join(project, 'node_modules/ws'));
  writeFileSync(join(project, 'package.json'), '{"type":"module"}');
});
afterAll(() => rmSync(project, { recursive: true, force: true }));

function write(name: string, text: string): string {
  const path = join(project, name);
  writeFileSync(path, text);
  return path;
}

/** Samples of the README in that language, in their order. */
function samples(language: string): string[] {
  return [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, 'gm'))].map(([, text]) => text!);
}

describe('the package', () => {
  test('is one that Node and bundlers read alike, with types', async () => {
    const { pkg, messages } = await publint({ pkgDir: installed, strict: true, pack: false });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
    await run(join(root, 'node_modules/.bin/attw'), [tarball, '--profile', 'esm-only', '--no-color']);
  });

  test('has types that hold by themselves, and the samples of its README keep to them', async () => {
    const [sample, token] = samples('ts') as [string, string];
    const [hook] = samples('tsx') as [string];
    write('sample.ts', sample);
    write('token.ts', `import { createClient } from '@weiliao/client';\ndeclare const url: string;\n${token}`);
    write(
      'hook.ts',
      `import type { ConversationView } from '@weiliao/client';
       declare const room: ConversationView;
       declare function useSyncExternalStore<T>(subscribe: (changed: () => void) => () => void, get: () => T): T;
       ${hook}
       console.log(messages, pending, typing);`,
    );
    const compilerOptions = { noEmit: true, strict: true, module: 'nodenext', target: 'es2022', types: [] };
    const lib = ['es2022', 'dom'];
    const tsconfig = {
      compilerOptions: { ...compilerOptions, lib, exactOptionalPropertyTypes: true },
      include: ['*.ts'],
    };
    write('tsconfig.json', JSON.stringify(tsconfig));
    const tsc = run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', project]);
    await tsc.catch((error: unknown) => expect((error as { stdout: string }).stdout).toBe(''));
  });
});

describe('in Node', () => {
  test('the sample of the README runs', async () => {
    const server = await startServer({ DEMO_USERS: '1' });
    const lisi = await enter(server, '1002');
    await lisi.say('1001', 'before');
    const [sample] = samples('ts') as [string];
    write('ws.mjs', "import WebSocket from 'ws';\nglobalThis.WebSocket ??= WebSocket;\n");
    // It has no types in it that would have to go.
    const path = write('sample.mjs', sample.replace('http://127.0.0.1:9092', server.api));
    const { stdout } = await run(process.execPath, ['--import', './ws.mjs', path], { cwd: project });
    expect(stdout.split('\n')).toEqual(
      expect.arrayContaining(['1 older messages', 'kept as message 2; here are 2', 'live']),
    );
    expect(await lisi.take((frame) => frame.type === 'message' && frame.seq === 2, 'it')).toMatchObject({
      msg: 'hello',
    });
  });
});

describe.skipIf(!hasBrowser)('in a browser', () => {
  test('sends, receives, and keeps over a reload what could not be sent', async () => {
    const server = await startServer();
    const [me, friend] = [newUser('me'), newUser('friend')];
    await server.register(friend);
    const chat = await enter(server, friend);
    const page = await openPage();
    const open = (api: string): Promise<void> => page.evaluate(openClient, { api, me });

    await open(server.api);
    expect(await page.evaluate(say, { to: friend, msg: 'from a page' })).toBe(1);
    expect(await chat.next('message')).toMatchObject({ msg: 'from a page', from: { id: me } });
    await chat.say(me, 'to a page');
    await page.waitForFunction(hasHeard, 'to a page');

    // Nobody is there.
    await page.reload();
    await open('http://127.0.0.1:9');
    await page.evaluate(leave, { to: friend, msg: 'left behind' });
    await page.reload();
    await open(server.api);
    await chat.take((frame) => frame.type === 'message' && frame.msg === 'left behind', 'what was left behind');
    await expectAlone(server, { me, friend });
  });
});

/** The message is there once. */
async function expectAlone(server: Server, { me, friend }: { me: string; friend: string }): Promise<void> {
  const conversation = `dm~${[me, friend].sort().join('~')}`;
  const { items } = await server.get<{ items: { msg: string }[] }>(`/v1/conversations/${conversation}/messages`, me);
  expect(items.map(({ msg }) => msg)).toEqual(['left behind', 'to a page', 'from a page']);
}

/** A page whose imports lead into the package. */
async function openPage(): Promise<Page> {
  const { exports } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as {
    exports: { '.': { default: string } };
  };
  const index = exports['.'].default;
  const html = `<!doctype html>
    <script type="importmap">{"imports":{"@weiliao/client":"${index.slice(1)}"}}</script>
    <script type="module">import * as weiliao from '@weiliao/client'; Object.assign(globalThis, { weiliao });</script>`;
  const files = createServer(({ url = '/' }, response) => {
    const isScript = extname(url) === '.js' && dirname(url).startsWith(dirname(index).slice(1));
    response.setHeader('Content-Type', isScript ? 'text/javascript' : 'text/html');
    response.end(isScript ? readFileSync(join(installed, url)) : html);
  }).listen(0, '127.0.0.1');
  await once(files, 'listening');
  const browser = await chromium.launch({ executablePath: browserPath, args: ['--no-sandbox'] });
  onTestFinished(async () => {
    await browser.close();
    files.closeAllConnections();
    files.close();
  });
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${(files.address() as AddressInfo).port}/`);
  return page;
}

/* What runs in the page. */

type Package = typeof clientPackage;
interface InPage {
  readonly weiliao: Package;
  client: ReturnType<Package['createClient']>;
  heard: string[];
}

function openClient({ api, me }: { api: string; me: string }): void {
  const page = globalThis as unknown as InPage;
  const { createClient, indexedDbStorage } = page.weiliao;
  page.heard = [];
  page.client = createClient({ url: api, user: me, storage: indexedDbStorage() });
  page.client.on('message', ({ msg }) => page.heard.push(msg));
  page.client.connect();
}

async function say(message: { to: string; msg: string }): Promise<number> {
  return (await (globalThis as unknown as InPage).client.send(message)).seq;
}

/** Resolves once the page keeps it. */
async function leave(message: { to: string; msg: string }): Promise<void> {
  const { client } = globalThis as unknown as InPage;
  void client.send(message);
  await new Promise<void>((resolve) => {
    const off = client.pending.subscribe(() => {
      if (client.pending.get()[0]?.kept !== true) return;
      off();
      resolve();
    });
  });
}

function hasHeard(msg: string): boolean {
  return (globalThis as unknown as InPage).heard.includes(msg);
}
