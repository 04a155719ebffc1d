import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, onTestFinished } from 'vitest';
import type { FaultSettings } from '../../tools/stand-in/src/faults.ts';
import { freezeProcess } from './freeze.ts';
import { loader } from './loader.ts';
import { until } from './until.ts';

const program = fileURLToPath(new URL('../../tools/stand-in/src/main.ts', import.meta.url));

/** What can be made to go wrong with a stand-in; see `FaultSettings`. */
export interface StandInFaults {
  set(settings: Partial<FaultSettings>): Promise<void>;
  clear(): Promise<void>;
  /** Cuts all connections. */
  cut(): Promise<void>;
  forgetIds(): Promise<void>;
}

/** A stand-in in a process of its own. Its address and its data stay the same over restarts. */
export interface StandInProcess {
  /** A connection string for the client: `esdb://127.0.0.1:<port>?tls=false`. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly dataDir: string;
  readonly faults: StandInFaults;
  /** Lines of its log and of its standard error so far. */
  readonly lines: readonly string[];
  /** Ends it in order; resolves to its exit code. */
  stop(): Promise<number | null>;
  /** Ends it at once, as a crash does. */
  kill(): Promise<void>;
  /** Starts it again on the same address and data: after `stop` or `kill`, or in their place (then it is killed). */
  restart(): Promise<void>;
  /** Stops it from running, sockets open, until `thaw`. */
  freeze(): Promise<void>;
  thaw(): void;
  /** Ends it and removes the data, where that is its own. */
  remove(): Promise<void>;
}

export interface StandInProcessOptions {
  /** An existing folder, which is left there; otherwise one of its own. */
  readonly dataDir?: string;
  /** With TLS and a user; the URL then names both, and the authority's certificate. */
  readonly secured?: boolean;
}

/** Certificates for tests, which protect nothing: of an authority, of a node of its, and of another authority. */
export const certificates = fileURLToPath(new URL('../fixtures/tls/', import.meta.url));
/** The user of a stand-in that is secured. */
export const standInUser = { name: 'admin', password: 'geheim:@/?#' };

/** A stand-in of one test, gone when the test is. */
export async function startStandIn(options: StandInProcessOptions = {}): Promise<StandInProcess> {
  const standIn = await openStandIn(options);
  onTestFinished(() => standIn.remove());
  return standIn;
}

/** One for all tests of a file or group, each of which takes streams of its own; without faults at the start of each. */
export function sharedStandIn(options: StandInProcessOptions = {}): () => StandInProcess {
  let standIn: StandInProcess | undefined;
  beforeAll(async () => {
    standIn = await openStandIn(options);
  });
  afterEach(() => standIn?.faults.clear());
  afterAll(() => standIn?.remove());
  return () => standIn!;
}

/** One to share between tests: whoever opens it calls `remove`. */
async function openStandIn({ dataDir: given, secured = false }: StandInProcessOptions = {}): Promise<StandInProcess> {
  const dataDir = given ?? mkdtempSync(join(tmpdir(), 'weiliao-stand-in-'));
  const lines: string[] = [];
  let child: ChildProcess | undefined;
  let exited: Promise<number | null> = Promise.resolve(null);
  let port = 0;
  let faultsPort = 0;

  async function start(): Promise<void> {
    const from = lines.length;
    const ports = ['--port', String(port), '--faults-port', String(faultsPort)];
    const more = secured ? securing() : [];
    const started = spawn(
      process.execPath,
      [...loader, '--conditions=source', program, '--data', dataDir, ...ports, ...more],
      {
        env: { PATH: process.env['PATH'] ?? '' },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    child = started;
    for (const stream of [started.stdout, started.stderr]) gather(stream.setEncoding('utf8'), lines);
    let over = false;
    exited = new Promise((resolve) => {
      started.once('close', (code) => {
        over = true;
        resolve(code);
      });
    });
    const readyLine = (): string | undefined => lines.slice(from).find((line) => line.includes('"msg":"ready"'));
    await until(() => over || readyLine() !== undefined, 'the stand-in is ready or gone');
    const ready = readyLine();
    if (ready === undefined) throw new Error(`the stand-in did not start:\n${lines.slice(from).join('\n')}`);
    ({ port, faultsPort } = JSON.parse(ready) as { port: number; faultsPort: number });
  }

  async function end(signal: NodeJS.Signals): Promise<number | null> {
    // A frozen process takes no other signal than the one that kills it.
    if (signal !== 'SIGKILL') child?.kill('SIGCONT');
    child?.kill(signal);
    return exited;
  }

  async function ask(method: string, path: string, body?: unknown): Promise<void> {
    const response = await fetch(`http://127.0.0.1:${faultsPort}${path}`, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${await response.text()}`);
    await response.body?.cancel();
  }

  try {
    await start();
  } catch (error) {
    await end('SIGKILL');
    if (given === undefined) rmSync(dataDir, { recursive: true, force: true });
    throw error;
  }
  return {
    url: secured ? securedUrl(port) : `esdb://127.0.0.1:${port}?tls=false`,
    host: '127.0.0.1',
    port,
    dataDir,
    lines,
    faults: {
      set: (settings) => ask('POST', '/faults', settings),
      clear: () => ask('DELETE', '/faults'),
      cut: () => ask('POST', '/cut'),
      forgetIds: () => ask('POST', '/forget-ids'),
    },
    stop: () => end('SIGTERM'),
    async kill() {
      await end('SIGKILL');
    },
    async restart() {
      await end('SIGKILL');
      await start();
    },
    freeze: () => freezeProcess(child!.pid!),
    thaw: () => void child?.kill('SIGCONT'),
    async remove() {
      await end('SIGKILL');
      if (given === undefined) rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

function securing(): string[] {
  const files = ['--tls-cert', join(certificates, 'node.crt'), '--tls-key', join(certificates, 'node.key')];
  return [...files, '--user', standInUser.name, '--password', standInUser.password];
}

function securedUrl(port: number): string {
  const { name, password } = standInUser;
  const authority = encodeURIComponent(join(certificates, 'authority.crt'));
  return `esdb://${name}:${encodeURIComponent(password)}@127.0.0.1:${port}?tls=true&tlsCAFile=${authority}`;
}

/** Gathers the lines of a stream, whole ones only. */
function gather(stream: NodeJS.ReadableStream, lines: string[]): void {
  let partial = '';
  stream.on('data', (text: string) => {
    const parts = (partial + text).split('\n');
    partial = parts.pop() ?? '';
    lines.push(...parts);
  });
}
