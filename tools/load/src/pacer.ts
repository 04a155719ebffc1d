import { Histogram } from './histogram.ts';

/** One that messages can be sent from. */
export interface Sender {
  /** Queues one message; `at` is when it counts as sent (`performance.now()`). */
  send(at: number): void;
  /** Puts on the wire what was queued. */
  flush(): void;
}

/** Decides when each sender sends. */
export interface Pacer {
  start(): void;
  /** No message after this. */
  stop(): void;
  /** A message of the sender has arrived, or never will. */
  release(sender: Sender): void;
  /** How much later than planned the messages went out; undefined where nothing was planned. */
  readonly late: Histogram | undefined;
}

/** Each sender keeps `window` messages under way: the next leaves when one has arrived. */
export function closedLoop(senders: readonly Sender[], window: number): Pacer {
  const credits = new Map<Sender, number>();
  let scheduled: NodeJS.Immediate | undefined;
  let stopped = false;

  const sendAll = (): void => {
    scheduled = undefined;
    const at = performance.now();
    for (const [sender, count] of credits) {
      for (let i = 0; i < count; i += 1) sender.send(at);
      sender.flush();
    }
    credits.clear();
  };
  const grant = (sender: Sender, count: number): void => {
    if (stopped) return;
    credits.set(sender, (credits.get(sender) ?? 0) + count);
    // Everything that arrives in this turn of the event loop is answered in one write per socket.
    scheduled ??= setImmediate(sendAll);
  };
  return {
    start: () => senders.forEach((sender) => grant(sender, window)),
    stop() {
      stopped = true;
      if (scheduled !== undefined) clearImmediate(scheduled);
    },
    release: (sender) => grant(sender, 1),
    late: undefined,
  };
}

/**
 * `rate` messages a second over all senders in turn, come what may. A message counts as sent when it was planned: a
 * server that stalls is charged for the messages that had to wait (no coordinated omission).
 */
export function openLoop(senders: readonly Sender[], rate: number): Pacer {
  const late = new Histogram();
  let timer: NodeJS.Timeout | undefined;
  let startedAt = 0;
  let next = 0;

  const sendDue = (): void => {
    const now = performance.now();
    const due = Math.floor(((now - startedAt) * rate) / 1000);
    const touched = new Set<Sender>();
    for (; next <= due; next += 1) {
      const sender = senders[next % senders.length];
      if (sender === undefined) return;
      const planned = startedAt + (next * 1000) / rate;
      late.record(now - planned);
      sender.send(planned);
      touched.add(sender);
    }
    for (const sender of touched) sender.flush();
  };
  return {
    start() {
      startedAt = performance.now();
      timer = setInterval(sendDue, 1);
    },
    stop: () => clearInterval(timer),
    release: () => undefined,
    late,
  };
}
