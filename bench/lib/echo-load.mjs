import { fileURLToPath } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import { Histogram } from '../../tools/load/dist/histogram.js';
import { closedLoop, openLoop } from '../../tools/load/dist/pacer.js';
import { LoadSocket } from '../../tools/load/dist/socket.js';
import { startNode, waitForLine } from './child.mjs';
import { cpuSeconds } from './process-stats.mjs';

const echoPath = fileURLToPath(new URL('echo-server.mjs', import.meta.url));

/** One socket that sends and gets back. Echoes come in order, so the oldest open send is the one that arrives. */
class EchoSender {
  #open = [];
  #next = 0;
  #text;
  #socket;

  constructor(url, size, onEcho) {
    this.#text = 'x'.repeat(size);
    const onText = (_, at) => onEcho(this, this.#take(), at);
    this.#socket = new LoadSocket({ url, onText, onClose: () => undefined });
  }

  get opened() {
    return this.#socket.opened;
  }

  send(at) {
    this.#open.push(at);
    this.#socket.queue(this.#text);
  }

  flush() {
    this.#socket.flush();
  }

  close() {
    this.#socket.close();
  }

  #take() {
    const at = this.#open[this.#next++];
    if (this.#next > 1024) {
      this.#open.splice(0, this.#next);
      this.#next = 0;
    }
    return at;
  }
}

/**
 * The load of `weiliao load` against the raw echo: same sockets, same pace, same socket code, same histogram.
 * @param {{ sockets: number, size: number, window?: number, rate?: number, warmup: number, seconds: number }} options
 */
export async function runEcho({ sockets, size, window, rate, warmup, seconds }) {
  const server = startNode([echoPath]);
  const senders = [];
  try {
    const { port } = await waitForLine(server, (line) => line.msg === 'ready');
    const latency = new Histogram();
    const measured = { from: Infinity, until: Infinity };
    let pacer;
    let delivered = 0;
    const onEcho = (sender, sentAt, at) => {
      delivered += 1;
      if (sentAt >= measured.from && sentAt < measured.until) latency.record(at - sentAt);
      pacer.release(sender);
    };
    const url = new URL(`ws://127.0.0.1:${port}/`);
    for (let i = 0; i < sockets; i += 1) senders.push(new EchoSender(url, size, onEcho));
    await Promise.all(senders.map((sender) => sender.opened));
    pacer = rate === undefined ? closedLoop(senders, window) : openLoop(senders, rate);
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
