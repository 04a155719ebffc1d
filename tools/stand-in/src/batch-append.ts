import type { ServerDuplexStream } from '@grpc/grpc-js';
import type { BatchAppendReq, BatchAppendResp } from '@eventstore/db-client/generated/streams_pb.js';
import { EventStoreUnavailableError } from 'weiliao/event-store';
import type { CallContext } from './calls.ts';
import { failStream, toRpcError } from './calls.ts';
import {
  accessDeniedStatus,
  badRequestStatus,
  batchError,
  batchSuccess,
  deletedStatus,
  notHandledStatus,
  timeoutStatus,
  tooLargeStatus,
  wrongStatus,
} from './batch-responses.ts';
import type { Expected } from './decide.ts';
import type { Log } from './log.ts';
import { expectedOf, proposedEvent, streamNameOf, uuidOf } from './requests.ts';
import type { RpcError } from './rpc-errors.ts';
import { maxAppendSize } from './rpc-errors.ts';
import { toStored } from './stored-event.ts';
import type { WireEvent } from './stored-event.ts';
import { isAnonymous } from './user.ts';

/** Longest that an append may be gathered or take, in milliseconds; a request may ask for less. */
const writeTimeoutMs = 2_000;

interface Pending {
  readonly stream: string;
  readonly expected: Expected;
  readonly events: WireEvent[];
  size: number;
  readonly timer: NodeJS.Timeout;
}

type BatchCall = ServerDuplexStream<BatchAppendReq, BatchAppendResp>;

/** One stream of appends, each gathered from one request or more and answered under its correlation id. */
export function handleBatchAppend(log: Log, context: CallContext, call: BatchCall): void {
  const { gate, logger, user } = context;
  const pending = new Map<string, Pending>();
  let underWay = 0;
  let ended = false;

  function answer(response: BatchAppendResp): void {
    if (!ended) call.write(response);
  }

  function fail(error: RpcError): void {
    if (ended) return;
    close();
    failStream(call, error);
  }

  function close(): void {
    ended = true;
    for (const { timer } of pending.values()) clearTimeout(timer);
    pending.clear();
  }

  function open(id: string, options: BatchAppendReq.Options): Pending | undefined {
    const stream = streamNameOf(options.getStreamIdentifier());
    if (user !== undefined && isAnonymous(call.metadata)) {
      answer(batchError(id, stream, accessDeniedStatus()));
      return undefined;
    }
    const timeoutMs = Math.min(requestedMs(options), writeTimeoutMs);
    if (timeoutMs <= 0) {
      answer(batchError(id, stream, timeoutStatus()));
      return undefined;
    }
    const expected = expectedOf({
      revision: options.hasStreamPosition() ? options.getStreamPosition() : undefined,
      noStream: options.hasNoStream(),
      any: options.hasAny(),
      streamExists: options.hasStreamExists(),
    });
    const timer = setTimeout(() => {
      if (pending.delete(id)) answer(batchError(id, stream, timeoutStatus()));
    }, timeoutMs);
    const opened = { stream, expected, events: [], size: 0, timer };
    pending.set(id, opened);
    return opened;
  }

  function take(request: BatchAppendReq): void {
    const id = uuidOf(request.getCorrelationId());
    const options = request.getOptions();
    const append = pending.get(id) ?? (options === undefined ? undefined : open(id, options));
    if (append === undefined) return;
    for (const message of request.getProposedMessagesList()) {
      const event = proposedEvent(message);
      append.events.push(event);
      // As EventStoreDB reckons it: neither the type nor the metadata counts.
      append.size += event.data.length;
    }
    if (append.size > maxAppendSize) {
      drop(id, append);
      answer(batchError(id, append.stream, tooLargeStatus()));
    } else if (request.getIsFinal()) {
      drop(id, append);
      underWay += 1;
      void write(id, append).finally(settle);
    }
  }

  function drop(id: string, { timer }: Pending): void {
    clearTimeout(timer);
    pending.delete(id);
  }

  async function write(id: string, { stream, expected, events }: Pending): Promise<void> {
    try {
      if (!(await gate.admit())) return;
      const outcome = await log.append(stream, events.map(toStored), expected);
      if (!gate.answers()) return;
      if (outcome.kind === 'written') answer(batchSuccess(id, stream, outcome));
      else if (outcome.kind === 'deleted') answer(batchError(id, stream, deletedStatus(stream)));
      else answer(batchError(id, stream, wrongStatus(expected, outcome.actual)));
    } catch (error) {
      if (error instanceof EventStoreUnavailableError) answer(batchError(id, stream, timeoutStatus()));
      else refuse(id, stream, toRpcError(error, logger));
    }
  }

  /** A follower ends the whole stream, whatever else is under way on it. */
  function refuse(id: string, stream: string, error: RpcError): void {
    const status = notHandledStatus(error);
    if (status === undefined) fail(error);
    else answer(batchError(id, stream, status));
  }

  function settle(): void {
    underWay -= 1;
    if (underWay === 0 && call.readableEnded) finish();
  }

  function finish(): void {
    if (ended) return;
    close();
    call.end();
  }

  call.on('data', (request: BatchAppendReq) => {
    try {
      take(request);
    } catch (error) {
      // Answered once. EventStoreDB lets the append time out too, and a second answer ends the client's process.
      const id = request.getCorrelationId()?.getString() ?? '';
      const begun = pending.get(id);
      if (begun !== undefined) drop(id, begun);
      const stream = request.getOptions()?.getStreamIdentifier();
      const name = Buffer.from(stream?.getStreamName_asU8() ?? []).toString('utf8');
      answer(batchError(id, name, badRequestStatus((error as Error).message)));
    }
  });
  call.on('end', () => {
    if (underWay === 0) finish();
  });
  call.on('cancelled', close);
  call.on('error', close);
}

function requestedMs(options: BatchAppendReq.Options): number {
  const until = options.getDeadline();
  return until === undefined ? Number.POSITIVE_INFINITY : until.toDate().getTime() - Date.now();
}
