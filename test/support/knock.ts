import { once } from 'node:events';
import { request } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { within } from './until.ts';
import type { Server } from './server.ts';

export interface Knocked {
  /** 101: there is a socket, closed again. */
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Parsed where it is JSON. */
  readonly body: unknown;
}

export interface Knock {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One request with exactly these headers on a connection of its own; `fetch` chooses some by itself. */
export async function knock(
  port: number,
  path: string,
  { method = 'GET', headers = {} }: Knock = {},
): Promise<Knocked> {
  const asked = request({ host: '127.0.0.1', port, path, method, agent: false, headers });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    asked.once('response', resolve);
    asked.once('upgrade', (response, socket) => {
      socket.destroy();
      resolve(response);
    });
    asked.once('error', reject);
  });
  asked.end();
  const response = await within(answered, `an answer to ${path}`);
  const status = response.statusCode ?? 0;
  if (status === 101) return { status, headers: response.headers, body: undefined };
  let text = '';
  response.on('data', (part: Buffer) => (text += part.toString()));
  await within(once(response, 'end'), `the end of the answer to ${path}`);
  const isJson = response.headers['content-type']?.includes('json') === true;
  return { status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
}

/** A request for a socket, as browsers make them. */
export function knockForSocket(port: number, path: string, headers: Readonly<Record<string, string>> = {}) {
  return knock(port, path, {
    headers: {
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA==',
      ...headers,
    },
  });
}

/** The same server, with sockets opened on its HTTP_PORT. */
export function overHttpPort(server: Server): Server {
  const sockets = `ws://127.0.0.1:${server.httpPort}`;
  return Object.create(server, { sockets: { value: sockets } }) as Server;
}

/** The count of refusals for this reason, as the server tells it. */
export async function refusalsOf(server: Server, reason: string): Promise<number> {
  const text = await server.get<string>('/metrics');
  const line = text.split('\n').find((each) => each.startsWith(`weiliao_refusals_total{reason="${reason}"}`));
  return Number(line?.split(' ').at(-1) ?? 0);
}
