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
 * may take some seconds to come up; whoever uses it waits.
 */
export function startRealServer(command: string, url: string): EventStoreServer {
  // EventStoreDB takes every variable of this prefix for a setting of its own, and ends at one that it does not know.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('EVENTSTORE_')));
  let child: ChildProcess | undefined;
  const start = (): void => {
    child = spawn(`exec ${command}`, { shell: true, stdio: 'ignore', env });
  };
  const kill = async (): Promise<void> => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
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
