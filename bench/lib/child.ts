import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';

/** Milliseconds until a process that was asked to stop is killed. */
const stopPatienceMs = 30_000;

/** Processes that are still running. */
const running = new Set<NodeProcess>();

export interface NodeProcess {
  readonly pid: number;
  readonly stdout: Readable;
  /** Its exit code; null where a signal ended it. */
  readonly exited: Promise<number | null>;
  /** The last of what it wrote there. */
  stderr(): string;
  /** For a process that ends by itself. Resolves with the exit code. */
  finish(): Promise<number | null>;
  /** Resolves with the exit code. */
  stop(): Promise<number | null>;
  kill(): void;
}

/** Starts a Node process, to be stopped with `stop`; `env` comes on top of a bare environment. */
export function startNode(args: readonly string[], env: Readonly<Record<string, string>> = {}): NodeProcess {
  const { PATH, HOME } = process.env;
  const child = spawn(process.execPath, args, { env: { PATH, HOME, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let stderr = '';
  let stdout = '';
  let asked = false;
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr = (stderr + text).slice(-8192)));
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout = (stdout + text).slice(-8192)));
  const exited = (once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>).then(([code, signal]) => {
    running.delete(self);
    if (!asked) console.error(`bench: ${args.at(-1)} ended with ${code ?? signal}:\n${stdout}${stderr}`);
    return code;
  });
  const self: NodeProcess = {
    pid: child.pid ?? NaN,
    stdout: child.stdout,
    exited,
    stderr: () => stderr,
    finish() {
      asked = true;
      return exited;
    },
    async stop() {
      asked = true;
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), stopPatienceMs);
      const code = await exited;
      clearTimeout(timer);
      return code;
    },
    kill() {
      asked = true;
      child.kill('SIGKILL');
    },
  };
  running.add(self);
  return self;
}

/** Ends whatever is left, at once: for an interrupted or failed run. */
export function killAll() {
  for (const child of running) child.kill();
}

/** A line of a program's log: what of it is looked at here. */
export interface LogLine {
  readonly msg?: string;
  readonly port?: number;
  readonly httpPort?: number;
  readonly wsPort?: number;
}

/** The line on stdout that says that it is ready. Rejects where the process ends before. */
export function waitUntilReady(child: NodeProcess): Promise<LogLine> {
  return new Promise((resolve, reject) => {
    let rest = '';
    const look = (text: string): void => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      const line = lines.map(parse).find((value) => value?.msg === 'ready');
      if (line === undefined) return;
      child.stdout.off('data', look);
      resolve(line);
    };
    child.stdout.on('data', look);
    void child.exited.then((code) => reject(new Error(`process ended with ${code} before it was ready`)));
  });
}

function parse(line: string): LogLine | undefined {
  try {
    return JSON.parse(line) as LogLine;
  } catch {
    return undefined;
  }
}
