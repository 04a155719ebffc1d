import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import { OperatorError } from 'weiliao/tooling';
import type { Faults } from './faults.ts';

const faultSettings = z
  .strictObject({
    delayMs: z.int().min(0).max(600_000),
    mute: z.boolean(),
    dropAnswers: z.int().min(0),
    refuse: z.union([
      z.enum(['busy', 'not-ready']),
      z.strictObject({ leader: z.strictObject({ host: z.string(), port: z.int().min(1).max(65_535) }) }),
      z.null(),
    ]),
  })
  .partial();

export interface FaultsServer {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * The faults of a stand-in in a process of its own, on 127.0.0.1: `GET /faults` tells the settings, `POST /faults`
 * changes those named in its JSON body (see `FaultSettings`), `DELETE /faults` ends them all, `POST /cut` cuts all
 * connections, `POST /forget-ids` forgets the ids of committed events. Rejects with `OperatorError`.
 */
export async function serveFaults(faults: Faults, port: number): Promise<FaultsServer> {
  const server = createServer((request, response) => {
    answer(faults, request, response).catch((error: unknown) => {
      send(response, 400, { error: error instanceof Error ? error.message : String(error) });
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      reject(new OperatorError(`cannot listen on 127.0.0.1:${port}: ${error.message}`, { cause: error }));
    });
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(faults: Faults, request: IncomingMessage, response: ServerResponse): Promise<void> {
  switch (`${request.method} ${request.url}`) {
    case 'GET /faults':
      break;
    case 'POST /faults':
      faults.set(definedOf(faultSettings.parse(JSON.parse(await bodyOf(request)))));
      break;
    case 'DELETE /faults':
      faults.clear();
      break;
    case 'POST /cut':
      faults.cut();
      break;
    case 'POST /forget-ids':
      faults.forgetIds();
      break;
    default:
      send(response, 404, { error: 'unknown' });
      return;
  }
  send(response, 200, faults.settings);
}

/** Without what is there but undefined. */
function definedOf<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, setting]) => setting !== undefined)) as never;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close' }).end(JSON.stringify(body));
}
