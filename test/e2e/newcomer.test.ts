import { execFile, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { program } from '../support/loader.ts';
import { runProgram } from '../support/program.ts';
import { ownFolder, startServer } from '../support/server.ts';
import type { Environment, Server } from '../support/server.ts';
import { openSocket } from '../support/socket.ts';
import { until } from '../support/until.ts';

const textOf = (path: string): string => readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8');
const lineOf = (server: Server, message: RegExp) => server.log.filter(({ msg }) => message.test(msg));

test('the line `ready` names addresses that can be opened as they are', async () => {
  const server = await startServer();
  const [ready] = lineOf(server, /^ready$/) as unknown as Record<string, string>[];
  for (const address of [ready!['open']!, ready!['docs']!]) expect((await fetch(address)).status).toBe(200);
  const socket = await openSocket({ sockets: ready!['sockets']! }, '');
  socket.send({ type: 'hello', user: '1001' });
  expect(await socket.next('welcome')).toMatchObject({ user: '1001' });
});

test.skipIf(!existsSync('/usr/bin/script'))(
  'on a terminal the lines are for people, down to the last one',
  async () => {
    const env = { PATH: process.env['PATH'], HTTP_PORT: '0', WS_PORT: '0', DATA_DIR: ownFolder(), NO_COLOR: '1' };
    const command = `exec '${process.execPath}' '${program}' start`;
    const terminal = spawn('/usr/bin/script', ['-qefc', command, '/dev/null'], { env });
    onTestFinished(() => void terminal.kill('SIGKILL'));
    let shown = '';
    terminal.stdout.setEncoding('utf8').on('data', (text: string) => (shown += text));
    await until(() => shown.includes('ready'), 'it is ready');
    // Ctrl-C.
    // It ends by this, and may do so before it is read.
    terminal.stdin.on('error', () => undefined).write('\u0003');
    await until(() => terminal.exitCode !== null, 'it has ended');
    expect(terminal.exitCode).toBe(0);
    expect(shown).toMatch(/^\[\d\d:\d\d:\d\d\.\d{3}\] INFO: ready .*http:\/\/127\.0\.0\.1:/m);
    expect(shown).toMatch(/INFO: ended\s*$/);
  },
);

describe('a variable that looks like a setting and is none', () => {
  test('is told by the server, with what may be meant, and what others have set is not', async () => {
    const server = await startServer({ HTTP_PRT: '1', HTTP_PROXY: 'http://proxy', MONGODB_URI: 'a secret' });
    expect(lineOf(server, /no setting/)).toMatchObject([
      { level: 'warn', setting: 'HTTP_PRT', meant: 'HTTP_PORT' },
      { level: 'warn', setting: 'MONGODB_URI', meant: 'MONGODB_URL' },
    ]);
    expect(JSON.stringify(server.log)).not.toContain('a secret');
  });

  test('is told by a command that ends by itself', async () => {
    const { stderr } = await runProgram(['verify'], { DATA_DIR: ownFolder(), DATADIR: 'elsewhere' });
    expect(stderr).toMatch(/^weiliao: DATADIR: .*DATA_DIR\?$/m);
    expect(stderr).not.toContain('elsewhere');
  });
});

describe('the first chat of the README', () => {
  const blocks: string[] = [...textOf('README.md').matchAll(/```sh\n([^]*?)```/g)].map(([, text = '']) => text);
  const curls = blocks.find((text) => text.startsWith('curl '))!;
  const compose = blocks.find((text) => text.includes('docker compose'))!;

  /** What the container's process is given: the compose file's environment, filled from the command before it. */
  function environmentOfContainer(): Environment {
    const said = new Map([...compose.matchAll(/([A-Z_]+)=(\S+)/g)].map(([, name, value]) => [name, value!]));
    const given = [...textOf('compose.embedded.yml').matchAll(/^ {6}([A-Z_]+): (.*)$/gm)];
    return Object.fromEntries(
      given.map(([, name = '', value = '']) => {
        const [, variable, unset = ''] = /^\$\{([A-Z_]+)(?::-(.*)|:\?.*)?\}$/.exec(value) ?? [];
        return [name, variable === undefined ? value.replaceAll("'", '') : (said.get(variable) ?? unset)];
      }),
    );
  }

  test.each([
    ['npm start', () => ({ DEMO_USERS: '1' })],
    ['one container', environmentOfContainer],
  ])('goes as it says with %s, each answer on a line of its own', async (_how, environment) => {
    const ours = { HOST: '127.0.0.1', HTTP_PORT: '0', WS_PORT: '0', OPS_PORT: '0', DATA_DIR: ownFolder() };
    const server = await startServer({ ...environment(), ...ours }, ours.DATA_DIR);
    await until(async () => (await server.rest('GET', '/readyz')).status === 200, 'it serves');
    const { stdout } = await promisify(execFile)('sh', ['-c', curls.replaceAll(':9092', `:${server.httpPort}`)]);
    const [sent, history, rest] = stdout.split('\n');
    expect(JSON.parse(sent!)).toMatchObject({ message: 'dm~1001~1002:1', duplicate: false });
    expect(JSON.parse(history!)).toMatchObject({ items: [{ msg: 'hello over REST' }] });
    expect(rest).toBe('');
  });
});
