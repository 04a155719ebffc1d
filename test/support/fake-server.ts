import uWS from 'uWebSockets.js';
import type { WebSocket } from 'uWebSockets.js';
import type { ClientFrame, SendFrame } from '../../packages/client/src/frames.ts';

/** What goes wrong on purpose. Called for each message with its seq; nothing set: a server that keeps its promises. */
export interface Faults {
  /** How often a message reaches the addressee; default once. */
  readonly copies?: (seq: number) => number;
  /** True: the message is held back until the next one of its conversation was delivered. */
  readonly late?: (seq: number) => boolean;
  /** The seq of the ack, where it is to be another than the message's. */
  readonly ackedSeq?: (seq: number) => number;
  /** True: no ack. */
  readonly unacked?: (seq: number) => boolean;
  /** An error code instead of taking the message; called with the number of the frame. */
  readonly refuse?: (count: number) => { code: string; temporary: boolean } | undefined;
  /** A close code: the sender's socket ends with it instead; called with the number of the frame. */
  readonly close?: (count: number) => number | undefined;
}

export interface FakeServer {
  readonly url: URL;
  close(): void;
}

interface UserData {
  user: string;
}

/** The wire contract of sends between connected users, from memory. */
export async function startFakeServer(faults: Faults = {}): Promise<FakeServer> {
  const sockets = new Map<string, WebSocket<UserData>>();
  const lastSeqs = new Map<string, number>();
  const heldBack = new Map<string, string[]>();
  let frames = 0;

  const deliver = (to: string, conversation: string, text: string, seq: number): void => {
    const socket = sockets.get(to);
    const held = heldBack.get(to + conversation) ?? [];
    heldBack.delete(to + conversation);
    if (faults.late?.(seq) === true) {
      heldBack.set(to + conversation, [...held, text]);
      return;
    }
    const copies = faults.copies?.(seq) ?? 1;
    for (let copy = 0; copy < copies; copy += 1) socket?.send(text);
    for (const earlier of held) socket?.send(earlier);
  };
  const take = (socket: WebSocket<UserData>, { id, to, msg }: SendFrame): void => {
    const count = frames++;
    const code = faults.close?.(count);
    if (code !== undefined) {
      socket.end(code, 'on purpose');
      return;
    }
    const refusal = faults.refuse?.(count);
    if (refusal !== undefined || to === undefined) {
      socket.send(JSON.stringify({ type: 'error', id, message: 'on purpose', ...refusal }));
      return;
    }
    const { user } = socket.getUserData();
    const conversation = `dm~${[user, to].sort().join('~')}`;
    const seq = (lastSeqs.get(conversation) ?? 0) + 1;
    lastSeqs.set(conversation, seq);
    const place = { conversation, seq, revision: seq - 1, sendDate: Date.now() };
    const message = `${conversation}:${seq}`;
    const [one, other] = [user, to].map((name) => ({ id: name, username: name }));
    const fields = { id: message, clientId: id, ...place, from: one, to: other, msg, status: 1, readDate: null };
    const text = JSON.stringify({ type: 'message', ...fields, cursor: String(seq) });
    if (faults.unacked?.(seq) !== true) {
      const ackedSeq = faults.ackedSeq?.(seq) ?? seq;
      socket.send(JSON.stringify({ type: 'ack', id, message, ...place, seq: ackedSeq, duplicate: false }));
    }
    deliver(to, conversation, text, seq);
    socket.send(text);
  };
  const receive = (socket: WebSocket<UserData>, frame: ClientFrame): void => {
    if (frame.type === 'hello') {
      const user = frame.user ?? '';
      socket.getUserData().user = user;
      sockets.set(user, socket);
      const welcome = { session: user, user, cursor: '0', recovered: false, serverTime: Date.now() };
      socket.send(JSON.stringify({ type: 'welcome', ...welcome }));
    } else if (frame.type === 'send') take(socket, frame);
  };

  const app = uWS.App().ws<UserData>('/v1/ws', {
    upgrade: (res, req, context) => {
      const header = (name: string): string => req.getHeader(`sec-websocket-${name}`);
      res.upgrade<UserData>({ user: '' }, header('key'), header('protocol'), header('extensions'), context);
    },
    message: (socket, bytes) => {
      receive(socket, JSON.parse(Buffer.from(bytes).toString()) as ClientFrame);
    },
    close: (socket) => {
      sockets.delete(socket.getUserData().user);
    },
  });
  const port = await new Promise<number>((resolve, reject) => {
    app.listen('127.0.0.1', 0, (token) => {
      if (token === false) reject(new Error('cannot listen'));
      else resolve(uWS.us_socket_local_port(token));
    });
  });
  return { url: new URL(`ws://127.0.0.1:${port}/v1/ws`), close: () => app.close() };
}
