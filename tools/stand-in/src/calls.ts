import { once } from 'node:events';
import type { Writable } from 'node:stream';
import type { sendUnaryData, ServerDuplexStream, ServerUnaryCall, ServerWritableStream } from '@grpc/grpc-js';
import { EventStoreUnavailableError } from 'weiliao/event-store';
import type { Logger } from 'weiliao/tooling';
import type { FaultGate } from './faults.ts';
import { handlerFailed, RpcError, timedOut } from './rpc-errors.ts';
import type { User } from './user.ts';

export interface CallContext {
  readonly gate: FaultGate;
  readonly logger: Logger;
  /** Whom callers must be; anybody where it is undefined. */
  readonly user: User | undefined;
}

/** What a client is told of an error. One that nobody foresaw is logged, and told as the server's HTTP stack does. */
export function toRpcError(error: unknown, logger: Logger): RpcError {
  if (error instanceof RpcError) return error;
  if (error instanceof EventStoreUnavailableError) return timedOut();
  logger.error({ component: 'stand-in', error }, 'a call failed');
  return handlerFailed();
}

/** Answers a call of one request and one answer. `writes`: its answer may be one to keep back. */
export function answerUnary<Req, Res>(
  { gate, logger }: CallContext,
  answer: (request: Req) => Res | Promise<Res>,
  { writes = false } = {},
): (call: ServerUnaryCall<Req, Res>, callback: sendUnaryData<Res>) => void {
  async function run(request: Req, callback: sendUnaryData<Res>): Promise<void> {
    if (!(await gate.admit())) return;
    const response = await answer(request);
    if (!writes || gate.answers()) callback(null, response);
  }
  return (call, callback) => {
    run(call.request, callback).catch((error: unknown) => callback(toRpcError(error, logger)));
  };
}

type AnswerStream = ServerWritableStream<never, Buffer> | ServerDuplexStream<never, Buffer>;

/** A signal that aborts once the client no longer listens. */
export function endOf(call: {
  on(event: 'cancelled', listener: () => void): unknown;
  readonly cancelled: boolean;
}): AbortSignal {
  const ending = new AbortController();
  call.on('cancelled', () => ending.abort());
  if (call.cancelled) ending.abort();
  return ending.signal;
}

/** Sends answers as fast as the client takes them, and no faster. */
export async function sendAll(
  call: Writable,
  answers: AsyncIterable<Buffer> | Iterable<Buffer>,
  { gate, signal }: { readonly gate: FaultGate; readonly signal: AbortSignal },
): Promise<void> {
  const isOver = (): boolean => signal.aborted;
  for await (const answer of answers) {
    await gate.audible(signal);
    if (isOver()) return;
    if (!call.write(answer)) await once(call, 'drain', { signal }).catch(() => undefined);
    if (isOver()) return;
  }
}

/** Ends a stream of answers with an error. */
export function failStream(call: Pick<AnswerStream, 'emit'>, error: RpcError): void {
  call.emit('error', error);
}
