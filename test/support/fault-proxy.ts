import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

/** A TCP proxy that breaks connections on purpose. */
export class FaultProxy {
  /** Bytes that the next connection carries from the server before it is cut. */
  cutAfter: () => number = () => Infinity;
  /** True: a new connection is reset at once. */
  refuses = false;
  connections = 0;
  /** Where the next connection leads. */
  port: number;
  readonly #server: Server;
  readonly #open = new Set<Socket>();

  private constructor(port: number) {
    this.port = port;
    this.#server = createServer((client) => this.#carry(client));
  }

  static async start(port: number): Promise<FaultProxy> {
    const proxy = new FaultProxy(port);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1/ws`;
  }

  /** Resets every connection. */
  cut(): void {
    for (const socket of [...this.#open]) socket.resetAndDestroy();
  }

  close(): void {
    this.cut();
    this.#server.close();
  }

  #carry(client: Socket): void {
    this.connections += 1;
    client.on('error', () => undefined);
    if (this.refuses) {
      client.resetAndDestroy();
      return;
    }
    let left = this.cutAfter();
    const server = connect(this.port, '127.0.0.1');
    for (const socket of [client, server]) {
      this.#open.add(socket);
      socket.on('close', () => this.#open.delete(socket));
    }
    const end = (): void => {
      client.resetAndDestroy();
      server.resetAndDestroy();
    };
    server.on('error', end).on('end', () => client.end());
    client.on('error', end).on('end', () => server.end());
    client.on('data', (bytes) => server.write(bytes));
    server.on('data', (bytes) => {
      client.write(bytes.subarray(0, Math.max(0, left)), () => left < 0 && end());
      left -= bytes.length;
    });
  }
}
