import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { until } from './until.ts';
import { program, withoutUws } from './loader.ts';

/** `TEST_SOCKETS=ws`: servers of tests run as where uWebSockets.js has no binary. */
const socketsOfTests = process.env['TEST_SOCKETS'] === 'ws' ? withoutUws : [];

/** A line of the server's log. */
export interface LogLine extends Record<string, unknown> {
  readonly level: string;
  readonly msg: string;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Answer<T = unknown> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
  /** The body as it came. */
  readonly text: string;
}

export interface RestOptions {
  /** `X-User-Id`. */
  readonly as?: string;
  readonly token?: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

/** The built program, running, seen from outside. */
export class Server {
  readonly dataDir: string;
  readonly log: LogLine[] = [];
  readonly exited: Promise<Exit>;
  httpPort = 0;
  wsPort = 0;
  opsPort = 0;
  errors = '';
  exit: Exit | undefined;
  readonly #child: ChildProcess;
  #partial = '';

  /** `through`: a command that runs the program, given to it as arguments. */
  constructor(dataDir: string, env: Readonly<Record<string, string>>, through: readonly string[] = []) {
    this.dataDir = dataDir;
    const [command, ...args] = [...through, process.execPath, ...socketsOfTests, program, 'start'];
    this.#child = spawn(command, args, {
      env: { PATH: process.env['PATH'] ?? '', HTTP_PORT: '0', WS_PORT: '0', DATA_DIR: dataDir, DRAIN_MS: '0', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stdout!.setEncoding('utf8').on('data', (text: string) => this.#read(text));
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => (this.errors += text));
    this.exited = new Promise((resolve) => {
      this.#child.once('close', (code, signal) => {
        this.exit = { code, signal };
        resolve(this.exit);
      });
    });
  }

  get pid(): number {
    return this.#child.pid!;
  }

  get api(): string {
    return `http://127.0.0.1:${this.httpPort}`;
  }

  get sockets(): string {
    return `ws://127.0.0.1:${this.wsPort}`;
  }

  /** Log lines that tell of something that must never happen. */
  get disasters(): LogLine[] {
    return this.log.filter(({ level, msg }) => level === 'fatal' || /uncaught|unhandled/i.test(msg));
  }

  get isReady(): boolean {
    return this.#readyLine() !== undefined;
  }

  async ready(): Promise<this> {
    await until(() => this.exit !== undefined || this.#readyLine() !== undefined, 'the server is ready or gone');
    const line = this.#readyLine();
    if (line === undefined) throw new Error(`the server did not start: ${this.errors}`);
    this.httpPort = line['httpPort'] as number;
    this.wsPort = line['wsPort'] as number;
    this.opsPort = line['opsPort'] as number;
    return this;
  }

  /** Sends a signal, by default the one that ends it at once, and waits for the end. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Exit> {
    this.signal(signal);
    return this.exited;
  }

  signal(signal: NodeJS.Signals): void {
    if (this.exit === undefined) this.#child.kill(signal);
  }

  async rest<T = unknown>(method: string, path: string, options: RestOptions = {}): Promise<Answer<T>> {
    const { as, token, body, headers } = options;
    const response = await fetch(`${this.api}${path}`, {
      method,
      headers: {
        ...(as !== undefined && { 'X-User-Id': as }),
        ...(token !== undefined && { Authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      redirect: 'manual',
    });
    const text = await response.text();
    const json = response.headers.get('content-type')?.includes('json') === true && text !== '';
    const answered: unknown = json ? JSON.parse(text) : text;
    return { status: response.status, headers: response.headers, body: answered as T, text };
  }

  async get<T = unknown>(path: string, as?: string): Promise<T> {
    const { status, body, text } = await this.rest<T>('GET', path, as === undefined ? {} : { as });
    if (status !== 200) throw new Error(`GET ${path} answered ${status}: ${text}`);
    return body;
  }

  /** Registers users under their ids, over REST. */
  async register(...ids: readonly string[]): Promise<void> {
    for (const id of ids) await this.rest('POST', '/v1/users', { body: { id, username: `${id}-name` } });
  }

  #readyLine(): LogLine | undefined {
    return this.log.find(({ msg }) => msg === 'ready');
  }

  #read(text: string): void {
    const lines = (this.#partial + text).split('\n');
    this.#partial = lines.pop() ?? '';
    for (const line of lines) {
      if (line.startsWith('{')) this.log.push(JSON.parse(line) as LogLine);
    }
  }
}

export type Environment = Readonly<Record<string, string>>;

export function makeFolder(): string {
  return mkdtempSync(join(tmpdir(), 'weiliao-e2e-'));
}

/** A data folder for servers of one test, gone when the test is. To be made before them: what is there last goes first. */
export function ownFolder(): string {
  const folder = makeFolder();
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A server of one test, on a folder of its own or on the given one; gone when the test is. Not awaited to be ready. */
export function spawnServer(env: Environment = {}, dataDir?: string, through?: readonly string[]): Server {
  const server = new Server(dataDir ?? ownFolder(), env, through);
  onTestFinished(async () => {
    await server.stop('SIGKILL');
  });
  return server;
}

export function startServer(env: Environment = {}, dataDir?: string): Promise<Server> {
  return spawnServer(env, dataDir).ready();
}

/** One server for all tests of a file: each test takes users of its own. */
export function sharedServer(env: Environment = {}): () => Server {
  let server: Server | undefined;
  beforeAll(async () => {
    server = await new Server(makeFolder(), env).ready();
  });
  afterAll(async () => {
    if (server === undefined) return;
    await server.stop('SIGKILL');
    rmSync(server.dataDir, { recursive: true, force: true });
    if (server.disasters.length > 0) throw new Error(JSON.stringify(server.disasters));
  });
  return () => server!;
}

let users = 0;

/** A user id that no other test has. */
export function newUser(name = 'u'): string {
  users += 1;
  return `${name}-${users}-${Math.random().toString(36).slice(2, 8)}`;
}

/** A numeric one, as the original system has. */
export function newNumber(): string {
  return String(Math.floor(Math.random() * 1e12) + 1_000_000);
}
