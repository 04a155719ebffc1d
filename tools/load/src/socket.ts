import { createHash, randomBytes } from 'node:crypto';
import { connect as connectTcp } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { OperatorError } from 'weiliao/tooling';
import { encodeText, encodeFrame, opcodes, readFrame } from './websocket.ts';

export interface LoadSocketOptions {
  readonly url: URL;
  /** Source address, e.g. 127.0.0.7 where one address has too few ports. */
  readonly localAddress?: string;
  /** A text frame, one character a byte, and when it came (`performance.now()`). */
  readonly onText: (text: string, at: number) => void;
  /** Called once, also where `close` ended it. 1006: the connection broke. */
  readonly onClose: (code: number, reason: string) => void;
}

const noBytes = Buffer.alloc(0);

/** One for all sockets of the process: a chunk is used up before the next is read. */
const received = Buffer.allocUnsafeSlow(256 * 1024);

/**
 * A WebSocket for load: about a tenth of the CPU of a general one. What is queued in one turn goes out in one write, and
 * nothing is allocated per chunk received. Text it sends must be ASCII.
 */
export class LoadSocket {
  readonly #options: LoadSocketOptions;
  readonly #socket: Socket;
  readonly #key = randomBytes(16).toString('base64');
  readonly #opened: Promise<void>;
  #settle: (error?: Error) => void = () => undefined;
  #queued: string[] = [];
  #rest: Buffer = noBytes;
  #upgraded = false;
  #ended = false;

  constructor(options: LoadSocketOptions) {
    this.#options = options;
    this.#opened = new Promise((resolve, reject) => {
      this.#settle = (error) => (error === undefined ? resolve() : reject(error));
    });
    this.#socket = this.#dial();
    this.#socket.setNoDelay(true);
    this.#socket.on('error', (error) => this.#end(1006, error.message));
    this.#socket.on('close', () => this.#end(1006, 'connection lost'));
    this.#socket.write(this.#request());
  }

  /** Rejects where the server refused the upgrade or is not there. */
  get opened(): Promise<void> {
    return this.#opened;
  }

  /** Goes out with the next `flush`. */
  queue(text: string): void {
    this.#queued.push(text);
  }

  flush(): void {
    if (this.#queued.length === 0) return;
    if (!this.#ended) this.#socket.write(encodeText(this.#queued));
    this.#queued = [];
  }

  close(): void {
    if (this.#ended) return;
    this.flush();
    this.#socket.end(encodeFrame(opcodes.close, Buffer.from([0x03, 0xe8])));
    this.#end(1000, '');
  }

  /** Ends it as a network does that breaks. Nothing is told of it. */
  cut(): void {
    this.#ended = true;
    this.#socket.resetAndDestroy();
  }

  /** Stops reading: what a client that is too slow looks like to the server. */
  pause(): void {
    this.#socket.pause();
  }

  #dial(): Socket {
    const { url, localAddress } = this.#options;
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const secure = url.protocol === 'wss:';
    const port = url.port === '' ? (secure ? 443 : 80) : Number(url.port);
    const target = { host, port, ...(localAddress !== undefined && { localAddress }) };
    if (secure) {
      const socket = connectTls({ ...target, servername: host });
      return socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    }
    const callback = (length: number): boolean => {
      this.#receive(received.subarray(0, length));
      return true;
    };
    return connectTcp({ ...target, onread: { buffer: received, callback } });
  }

  #request(): string {
    const { url } = this.#options;
    const lines = [
      `GET ${url.pathname}${url.search} HTTP/1.1`,
      `Host: ${url.host}`,
      'Upgrade: websocket',
      'Connection: Upgrade',
      `Sec-WebSocket-Key: ${this.#key}`,
      'Sec-WebSocket-Version: 13',
    ];
    return `${lines.join('\r\n')}\r\n\r\n`;
  }

  #receive(chunk: Buffer): void {
    if (this.#ended) return;
    const at = performance.now();
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const start = this.#upgraded ? 0 : this.#upgrade(bytes);
    const used = start + (this.#upgraded ? this.#readFrames(bytes.subarray(start), at) : 0);
    // A copy: the bytes are the shared buffer's, which the next chunk overwrites.
    this.#rest = used === bytes.length ? noBytes : Buffer.from(bytes.subarray(used));
  }

  /** Bytes that the answer to the upgrade took; 0 where it is not complete. */
  #upgrade(bytes: Buffer): number {
    const end = bytes.indexOf('\r\n\r\n');
    if (end === -1) return 0;
    const answer = bytes.toString('latin1', 0, end);
    const accept = createHash('sha1').update(`${this.#key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
    if (answer.startsWith('HTTP/1.1 101 ') && answer.includes(accept)) {
      this.#upgraded = true;
      this.#settle();
    } else {
      this.#end(1006, `no upgrade: ${answer.slice(0, answer.indexOf('\r\n'))}`);
    }
    return end + 4;
  }

  #readFrames(bytes: Buffer, at: number): number {
    let used = 0;
    while (!this.#ended) {
      const frame = readFrame(bytes, used);
      if (frame === undefined) break;
      used = frame.end;
      if (frame.opcode === opcodes.text) this.#options.onText(bytes.toString('latin1', frame.start, frame.end), at);
      else this.#control(frame.opcode, Buffer.from(bytes.subarray(frame.start, frame.end)));
    }
    return used;
  }

  #control(opcode: number, payload: Buffer): void {
    if (opcode === opcodes.ping) this.#socket.write(encodeFrame(opcodes.pong, payload));
    else if (opcode === opcodes.close) {
      this.#socket.end(encodeFrame(opcodes.close, payload));
      const code = payload.length < 2 ? 1005 : payload.readUInt16BE(0);
      this.#end(code, payload.toString('utf8', 2));
    } else if (opcode !== opcodes.pong) this.#end(1002, `a frame that a load socket does not read: opcode ${opcode}`);
  }

  #end(code: number, reason: string): void {
    if (this.#ended) return;
    this.#ended = true;
    if (code !== 1000) this.#settle(new OperatorError(`${this.#options.url.href}: ${reason} (${code})`));
    if (code === 1006 || code === 1002) this.#socket.destroy();
    this.#options.onClose(code, reason);
  }
}
