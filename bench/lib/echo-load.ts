import { fileURLToPath } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import { Histogram } from '../../tools/load/src/histogram.ts';
import { closedLoop, openLoop } from '../../tools/load/src/pacer.ts';
import type { Pacer, Sender } from '../../tools/load/src/pacer.ts';
import { LoadSocket } from '../../tools/load/src/socket.ts';
import { startNode, waitUntilReady } from './child.ts';
import { cpuSeconds } from './process-stats.ts';

const echoPath = fileURLToPath(new URL('echo-server.ts', import.meta.url));

/** One socket that sends and gets back. Echoes come in order, so the oldest open send is the one that arrives. */
class EchoSender implements Sender {
  readonly #open: number[] = [];
  #next = 0;
  readonly #text: string;
  readonly #socket: LoadSocket;

  constructor(url: URL, size: number, onEcho: (sender: EchoSender, sentAt: number, at: number) => void) {
    this.#text = 'x'.repeat(size);
    const onText = (_: string, at: number): void => onEcho(this, this.#take(), at);
    this.#socket = new LoadSocket({ url, onText, onClose: () => undefined });
  }

  get opened(): Promise<void> {
    return this.#socket.opened;
  }

  send(at: number): void {
    this.#open.push(at);
    this.#socket.queue(this.#text);
  }

  flush(): void {
    this.#socket.flush();
  }

  close(): void {
    this.#socket.close();
  }

  #take(): number {
    const at = this.#open[this.#next++];
    if (at === undefined) throw new Error('an echo came that nobody had sent');
    if (this.#next > 1024) {
      this.#open.splice(0, this.#next);
      this.#next = 0;
    }
    return at;
  }
}

export interface EchoOptions {
  readonly sockets: number;
  /** Bytes of a frame. */
  readonly size: number;
  /** Frames under way per socket, or frames a second over all. */
  readonly pace: { readonly window: number } | { readonly rate: number };
  readonly warmup: number;
  readonly seconds: number;
}

/** The load of `weiliao load` against the raw echo: same sockets, same pace, same socket code, same histogram. */
export async function runEcho({ sockets, size, pace, warmup, seconds }: EchoOptions) {
  const server = startNode([...process.execArgv, echoPath]);
  const senders: EchoSender[] = [];
  try {
    const { port } = await waitUntilReady(server);
    const latency = new Histogram();
    const measured = { from: Infinity, until: Infinity };
    const paced: { by?: Pacer } = {};
    let delivered = 0;
    const onEcho = (sender: EchoSender, sentAt: number, at: number): void => {
      delivered += 1;
      if (sentAt >= measured.from && sentAt < measured.until) latency.record(at - sentAt);
      paced.by?.release(sender);
    };
    const url = new URL(`ws://127.0.0.1:${port}/`);
    for (let i = 0; i < sockets; i += 1) senders.push(new EchoSender(url, size, onEcho));
    await Promise.all(senders.map((sender) => sender.opened));
    const pacer = 'window' in pace ? closedLoop(senders, pace.window) : openLoop(senders, pace.rate);
    paced.by = pacer;
    pacer.start();
    await delay(warmup * 1000);
    const before = { cpu: cpuSeconds(server.pid), delivered };
    measured.from = performance.now();
    await delay(seconds * 1000);
    measured.until = performance.now();
    const inTime = delivered - before.delivered;
    pacer.stop();
    await delay(200);
    const cpuMicros = ((cpuSeconds(server.pid) - before.cpu) * 1e6) / (delivered - before.delivered);
    const perSecond = (inTime * 1000) / (measured.until - measured.from);
    return { perSecond, cpuMicros, latencyMs: latency.percentiles() };
  } finally {
    for (const sender of senders) sender.close();
    await server.stop();
  }
}
