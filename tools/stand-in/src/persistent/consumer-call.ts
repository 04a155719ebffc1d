import type { ServerDuplexStream } from '@grpc/grpc-js';
import type { ConsumerReq } from 'weiliao/eventstoredb-protocol';
import { endOf, failStream, sendAll, toRpcError } from '../calls.ts';
import type { CallContext } from '../calls.ts';
import { uuidOf } from '../requests.ts';
import { invalid } from '../rpc-errors.ts';
import { userOf } from '../user.ts';
import type { RpcError } from '../rpc-errors.ts';
import type { ConsumerPort, GroupMessage } from './consumer.ts';
import type { NackAction } from './delivery.ts';
import type { GroupConnection } from './group.ts';
import type { Groups } from './groups.ts';
import { sourceNameOf } from './requests.ts';
import { confirmationResponse, messageResponse } from './responses.ts';
import { groupKey } from './settings.ts';

type ConsumerCall = ServerDuplexStream<ConsumerReq, Buffer>;

/** A consumer's connection: first its options, then what it acks and refuses; events go the other way. */
export function handleConsumer(groups: Groups, { gate, logger }: CallContext, call: ConsumerCall): void {
  const signal = endOf(call);
  let connection: GroupConnection | undefined;
  let opened = false;

  function fail(error: unknown): void {
    connection?.close();
    failStream(call, toRpcError(error, logger));
  }

  async function open(options: NonNullable<ConsumerReq['options']>): Promise<void> {
    if (!(await gate.admit()) || signal.aborted) return;
    const stream = sourceNameOf(options);
    const group = options.groupName;
    const outbox = createOutbox(signal);
    const structured = options.uuidOption !== null && options.uuidOption.structured !== null;
    outbox.put(confirmationResponse(groupKey({ stream, group })));
    const port: ConsumerPort = {
      connectionName: String(call.metadata.get('connection-name')[0] ?? '<unknown>'),
      username: userOf(call.metadata),
      bufferSize: options.bufferSize,
      send: (message: GroupMessage) => outbox.put(messageResponse(message, structured)),
      drop: (error: RpcError) => outbox.fail(error),
    };
    connection = groups.connect(stream, group, port);
    await sendAll(call, outbox.answers, { gate, signal });
  }

  function take({ options, ack, nack }: ConsumerReq): void {
    if (!opened) {
      if (options === null) throw invalid('a subscription begins with its options');
      opened = true;
      open(options).catch(fail);
    } else if (ack !== null) {
      connection?.ack(ack.ids.map(uuidOf));
    } else if (nack !== null) {
      connection?.nack(nack.ids.map(uuidOf), actions[nack.action] ?? 'retry', nack.reason);
    }
  }

  call.on('data', (request: ConsumerReq) => {
    try {
      take(request);
    } catch (error) {
      fail(error);
    }
  });
  signal.addEventListener('abort', () => connection?.close(), { once: true });
}

/** By number: unknown, park, retry, skip, and stop, which does what `skip` does. */
const actions: readonly NackAction[] = ['retry', 'park', 'retry', 'skip', 'skip'];

interface Outbox {
  put(answer: Buffer): void;
  /** Ends the answers with an error, after those that were put before. */
  fail(error: RpcError): void;
  readonly answers: AsyncGenerator<Buffer>;
}

/** What waits for a consumer: never more than the events that may be under way to it. */
function createOutbox(signal: AbortSignal): Outbox {
  const waiting: Buffer[] = [];
  let failure: RpcError | undefined;
  let wake: (() => void) | undefined;
  const ring = (): void => wake?.();
  signal.addEventListener('abort', ring, { once: true });

  async function* answers(): AsyncGenerator<Buffer> {
    while (!signal.aborted) {
      const next = waiting.shift();
      if (next !== undefined) yield next;
      else if (failure !== undefined) throw failure;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  }

  return {
    put(answer) {
      waiting.push(answer);
      ring();
    },
    fail(error) {
      failure = error;
      ring();
    },
    answers: answers(),
  };
}
