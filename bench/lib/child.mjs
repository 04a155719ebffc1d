import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Milliseconds until a process that was asked to stop is killed. */
const stopPatienceMs = 30_000;

/** Processes that are still running. */
const running = new Set();

/**
 * Starts a Node process, to be stopped with `stop`.
 * @param {string[]} args
 * @param {Record<string, string>} [env] on top of a bare environment
 */
export function startNode(args, env = {}) {
  const { PATH, HOME } = process.env;
  const child = spawn(process.execPath, args, { env: { PATH, HOME, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let stderr = '';
  let stdout = '';
  let asked = false;
  child.stderr.setEncoding('utf8').on('data', (text) => (stderr = (stderr + text).slice(-8192)));
  child.stdout.setEncoding('utf8').on('data', (text) => (stdout = (stdout + text).slice(-8192)));
  const exited = once(child, 'exit').then(([code, signal]) => {
    running.delete(self);
    if (!asked) console.error(`bench: ${args.at(-1)} ended with ${code ?? signal}:\n${stdout}${stderr}`);
    return code;
  });
  const self = {
    pid: child.pid,
    stdout: child.stdout,
    exited,
    stderr: () => stderr,
    /** For a process that ends by itself. Resolves with the exit code. */
    finish() {
      asked = true;
      return exited;
    },
    /** Resolves with the exit code. */
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

/**
 * The first JSON line on stdout that `matches`. Rejects where the process ends before.
 * @param {ReturnType<typeof startNode>} child
 * @param {(line: any) => boolean} matches
 */
export function waitForLine(child, matches) {
  return new Promise((resolve, reject) => {
    let rest = '';
    const look = (text) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      const line = lines.map(parse).find((value) => value !== undefined && matches(value));
      if (line === undefined) return;
      child.stdout.off('data', look);
      resolve(line);
    };
    child.stdout.on('data', look);
    child.exited.then((code) => reject(new Error(`process ended with ${code} before it was ready`)));
  });
}

function parse(line) {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
