import type { ServerDuplexStream } from '@grpc/grpc-js';
import type { BatchAppendOptions, BatchAppendReq } from 'weiliao/eventstoredb-protocol';
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
import type { BatchResponse, Correlation } from './batch-responses.ts';
import { createGathering } from './gathering.ts';
import type { Gathered } from './gathering.ts';
import type { Log } from './log.ts';
import { expectedOf, proposedEvent, streamNameOf, uuidOf } from './requests.ts';
import type { RpcError } from './rpc-errors.ts';
import { maxAppendSize } from './rpc-errors.ts';
import { toStored } from './stored-event.ts';
import { uuidMessage } from './responses.ts';
import { isAnonymous } from './user.ts';

/** Longest that an append may be gathered or take, in milliseconds; a request may ask for less. */
const writeTimeoutMs = 2_000;

type BatchCall = ServerDuplexStream<BatchAppendReq, BatchResponse>;

/** One stream of appends, each gathered from one request or more and answered under its correlation id. */
export function handleBatchAppend(log: Log, context: CallContext, call: BatchCall): void {
  const gathering = createGathering((id, { stream }) =>
    answers.send(batchError(uuidMessage(id, true), stream, timeoutStatus())),
  );
  const answers = createAnswers(call, gathering.clear);

  function begin(id: string, correlation: Correlation, options: BatchAppendOptions): Gathered | undefined {
    const stream = streamNameOf(options.streamIdentifier);
    if (context.user !== undefined && isAnonymous(call.metadata)) {
      answers.send(batchError(correlation, stream, accessDeniedStatus()));
      return undefined;
    }
    const timeoutMs = Math.min(requestedMs(options), writeTimeoutMs);
    if (timeoutMs <= 0) {
      answers.send(batchError(correlation, stream, timeoutStatus()));
      return undefined;
    }
    const expected = expectedOf(options, options.streamPosition);
    return gathering.begin(id, { stream, expected }, timeoutMs);
  }

  function take(request: BatchAppendReq): void {
    const id = uuidOf(request.correlationId);
    const correlation = request.correlationId ?? {};
    const append =
      gathering.get(id) ?? (request.options === null ? undefined : begin(id, correlation, request.options));
    if (append === undefined) return;
    for (const message of request.proposedMessages) {
      const event = proposedEvent(message);
      append.events.push(event);
      append.size += event.data.length;
    }
    if (append.size > maxAppendSize) {
      gathering.end(id);
      answers.send(batchError(correlation, append.stream, tooLargeStatus()));
    } else if (request.isFinal) {
      gathering.end(id);
      answers.owe(write(log, context, { correlation, append, answers }));
    }
  }

  call.on('data', (request: BatchAppendReq) => {
    try {
      take(request);
    } catch (error) {
      // Answered once. EventStoreDB lets the append time out too, and a second answer ends the client's process.
      const id = request.correlationId?.string ?? '';
      gathering.end(id);
      const stream = request.options?.streamIdentifier?.streamName.toString() ?? '';
      answers.send(batchError(request.correlationId ?? {}, stream, badRequestStatus((error as Error).message)));
    }
  });
}

interface Write {
  readonly correlation: Correlation;
  readonly append: Gathered;
  readonly answers: Answers;
}

async function write(log: Log, { gate, logger }: CallContext, { correlation, append, answers }: Write): Promise<void> {
  const { stream, expected, events } = append;
  try {
    if (!(await gate.admit())) return;
    const outcome = await log.append(stream, events.map(toStored), expected);
    if (!gate.answers()) return;
    if (outcome.kind === 'written') answers.send(batchSuccess(correlation, stream, outcome));
    else if (outcome.kind === 'deleted') answers.send(batchError(correlation, stream, deletedStatus(stream)));
    else answers.send(batchError(correlation, stream, wrongStatus(expected, outcome.actual)));
  } catch (error) {
    if (error instanceof EventStoreUnavailableError) answers.send(batchError(correlation, stream, timeoutStatus()));
    else refuse(toRpcError(error, logger), { correlation, append, answers });
  }
}

/** A follower ends the whole stream, whatever else is under way on it. */
function refuse(error: RpcError, { correlation, append, answers }: Write): void {
  const status = notHandledStatus(error);
  if (status === undefined) answers.fail(error);
  else answers.send(batchError(correlation, append.stream, status));
}

interface Answers {
  send(response: BatchResponse): void;
  /** Ends the whole stream. */
  fail(error: RpcError): void;
  /** An answer is on its way: the stream does not end before. */
  owe(answer: Promise<void>): void;
}

function createAnswers(call: BatchCall, onOver: () => void): Answers {
  let underWay = 0;
  let over = false;

  function end(): void {
    over = true;
    onOver();
  }

  function finish(): void {
    if (over || underWay > 0 || !call.readableEnded) return;
    end();
    call.end();
  }

  call.on('end', finish);
  call.on('cancelled', end);
  call.on('error', end);
  return {
    send(response) {
      if (!over) call.write(response);
    },
    fail(error) {
      if (over) return;
      end();
      failStream(call, error);
    },
    owe(answer) {
      underWay += 1;
      void answer.finally(() => {
        underWay -= 1;
        finish();
      });
    },
  };
}

function requestedMs({ deadline }: BatchAppendOptions): number {
  if (deadline === null) return Number.POSITIVE_INFINITY;
  return deadline.seconds.toNumber() * 1_000 + deadline.nanos / 1e6 - Date.now();
}
