import type { Server, Socket } from 'node:net';

/** How many connections this process may hold, whatever listener they come to. */
export interface ConnectionBudget {
  readonly limit: number;
  /** Connections now. */
  readonly held: number;
  /** Counts one more; false where there is no room for it: it is to be closed, and then to leave like any other. */
  enter(): boolean;
  leave(): void;
}

/** File descriptors that are not for connections: stores, their files, the log. A tenth, within these bounds. */
const reserve = { least: 64, most: 512 };

/**
 * As many connections as there are file descriptors, less a reserve. Without any left a listener could neither accept
 * nor refuse, and would try again and again. `onFull`: told when the limit is met, once until there is room again.
 */
export function createConnectionBudget(
  onFull: (limit: number) => void,
  descriptors = openFilesLimit(),
): ConnectionBudget {
  const kept = Math.min(reserve.most, Math.max(reserve.least, Math.ceil(descriptors / 10)));
  const limit = Math.max(1, descriptors - kept);
  let held = 0;
  let told = false;
  return {
    limit,
    get held() {
      return held;
    },
    enter() {
      held += 1;
      if (held <= limit) return true;
      if (!told) onFull(limit);
      told = true;
      return false;
    },
    leave() {
      held -= 1;
      // Room for a while, so that the line does not come again and again.
      if (held < limit * 0.9) told = false;
    },
  };
}

/** File descriptors that the system gives this process; a cautious number where it does not say. */
function openFilesLimit(): number {
  const report = process.report.getReport() as { userLimits?: { open_files?: { soft?: number | string } } };
  const soft = Number(report.userLimits?.open_files?.soft ?? 1_024);
  return Number.isFinite(soft) ? soft : 1_048_576;
}

/** Holds the connections of a server of Node to the budget. One that the server is given again is counted once. */
export function withinBudget(server: Server, budget: ConnectionBudget): void {
  const counted = new WeakSet<Socket>();
  server.on('connection', (socket) => {
    if (counted.has(socket)) return;
    counted.add(socket);
    socket.once('close', () => budget.leave());
    if (!budget.enter()) socket.destroy();
  });
}
