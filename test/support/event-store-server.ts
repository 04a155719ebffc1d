import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import { freezeProcess } from './freeze.ts';

/** A server of the event store that a test may harm; a stand-in is one too. */
export interface EventStoreServer {
  readonly url: string;
  /** Ends it at once, as a crash does. */
  kill(): Promise<void>;
  /** Starts it again on the same address and data. */
  restart(): Promise<void>;
  /** Stops it from running, sockets open, until `thaw`. */
  freeze(): Promise<void>;
  thaw(): void;
}

/**
 * A real server of the test's own: `command` runs it in the foreground, at `url`, and keeps its data over restarts. It
 * may take some seconds to come up; whoever uses it waits. `node`: which of a cluster's, `$NODE` to the command.
 */
export function startRealServer(command: string, url: string, node?: number): EventStoreServer {
  // EventStoreDB takes every variable of this prefix for a setting of its own, and ends at one that it does not know.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('EVENTSTORE_')));
  if (node !== undefined) env['NODE'] = String(node);
  let child: ChildProcess | undefined;
  const start = (): void => {
    const started = spawn(`exec ${command}`, { shell: true, stdio: 'ignore', env });
    child = started;
    // A node that must drop what the new leader does not have ends, and counts on being started again.
    const again = (): void => {
      if (child === started) start();
    };
    if (node !== undefined) started.once('exit', () => setTimeout(again, 500));
  };
  const kill = async (): Promise<void> => {
    const ended = child;
    child = undefined;
    if (ended === undefined || ended.exitCode !== null || ended.signalCode !== null) return;
    const exited = once(ended, 'exit');
    ended.kill('SIGKILL');
    await exited;
  };
  start();
  onTestFinished(kill);
  return {
    url,
    kill,
    async restart() {
      await kill();
      start();
    },
    freeze: () => freezeProcess(child!.pid!),
    thaw: () => void child?.kill('SIGCONT'),
  };
}
