import { EventEmitter, once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';

/** One connection of the client under test, from the server's side. */
export class Peer {
  readonly #socket: WebSocket;
  readonly #frames: Record<string, unknown>[] = [];
  readonly #events = new EventEmitter();
  readonly closed: Promise<number>;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    this.closed = new Promise((resolve) => socket.on('close', (code) => resolve(code)));
    socket.on('message', (data: Buffer) => {
      this.#frames.push(JSON.parse(data.toString()) as Record<string, unknown>);
      this.#events.emit('frame');
    });
  }

  /** The client's next frame. */
  async next(): Promise<Record<string, unknown>> {
    while (this.#frames.length === 0) await once(this.#events, 'frame');
    return this.#frames.shift()!;
  }

  /** Frames that came and were not taken. */
  get unread(): number {
    return this.#frames.length;
  }

  send(frame: object): void {
    this.#socket.send(JSON.stringify(frame));
  }

  sendRaw(data: string | Buffer): void {
    this.#socket.send(data);
  }

  /** Takes the `hello` and answers it. */
  async welcome(fields: object = {}): Promise<Record<string, unknown>> {
    const hello = await this.next();
    this.send({ type: 'welcome', session: 's', user: 'a', cursor: 'c0', recovered: false, serverTime: 1, ...fields });
    return hello;
  }

  /** Answers a `send` frame. */
  ack(frame: Record<string, unknown>, seq: number): void {
    const place = { conversation: 'dm~a~b', seq, revision: seq - 1, sendDate: 1, duplicate: false };
    this.send({ type: 'ack', id: frame.id, message: `dm~a~b:${seq}`, ...place });
  }

  /** A message of user b, at the given place. */
  message(revision: number, cursor: string): void {
    const [from, to] = ['b', 'a'].map((id) => ({ id, username: id }));
    const seq = revision + 1;
    const fields = { id: `dm~a~b:${seq}`, clientId: `m${seq}`, conversation: 'dm~a~b', seq, revision, from, to };
    this.send({ type: 'message', ...fields, msg: `m${seq}`, status: 1, sendDate: 1, readDate: null, cursor });
  }

  close(code: number, reason = ''): void {
    this.#socket.close(code, reason);
  }

  /** As a network that breaks: no closing handshake. */
  cut(): void {
    this.#socket.terminate();
  }
}

/** A server whose every answer is written by the test. */
export class ScriptedServer {
  readonly #server: WebSocketServer;
  readonly #peers: Peer[] = [];
  readonly #events = new EventEmitter();

  private constructor(server: WebSocketServer) {
    this.#server = server;
    server.on('connection', (socket) => {
      this.#peers.push(new Peer(socket));
      this.#events.emit('peer');
    });
  }

  static async start(): Promise<ScriptedServer> {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    await once(server, 'listening');
    return new ScriptedServer(server);
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1/ws`;
  }

  /** The client's next connection. */
  async accept(): Promise<Peer> {
    while (this.#peers.length === 0) await once(this.#events, 'peer');
    return this.#peers.shift()!;
  }

  close(): void {
    for (const socket of this.#server.clients) socket.terminate();
    this.#server.close();
  }
}
