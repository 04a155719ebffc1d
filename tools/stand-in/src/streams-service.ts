import type {
  handleBidiStreamingCall,
  handleClientStreamingCall,
  handleServerStreamingCall,
  handleUnaryCall,
  ServiceDefinition,
  UntypedServiceImplementation,
} from '@grpc/grpc-js';
import type { BatchAppendReq, BatchAppendResp, Outgoing, ReadReq } from 'weiliao/eventstoredb-protocol';
import { appendOne } from './append-call.ts';
import { handleBatchAppend } from './batch-append.ts';
import { answerUnary, endOf, failStream, sendAll, toRpcError } from './calls.ts';
import type { CallContext } from './calls.ts';
import type { Log } from './log.ts';
import { streams } from './protocol.ts';
import type { AppendReq, AppendResp, RemoveReq, RemoveResp, WriteOptions } from './protocol.ts';
import { answersTo } from './read-call.ts';
import { expectedOf, streamNameOf } from './requests.ts';
import { positionMessage } from './responses.ts';
import { invalid, streamDeleted, wrongDelete } from './rpc-errors.ts';

/** Read answers are bytes already: an event is encoded once, however many read it. */
export const streamsDefinition: ServiceDefinition = {
  ...streams,
  read: { ...streams.read, responseSerialize: (bytes: Buffer) => bytes },
};

interface StreamsImplementation extends UntypedServiceImplementation {
  readonly read: handleServerStreamingCall<ReadReq, Buffer>;
  readonly append: handleClientStreamingCall<AppendReq, Outgoing<AppendResp>>;
  readonly batchAppend: handleBidiStreamingCall<BatchAppendReq, Outgoing<BatchAppendResp>>;
  readonly delete: handleUnaryCall<RemoveReq, Outgoing<RemoveResp>>;
  readonly tombstone: handleUnaryCall<RemoveReq, Outgoing<RemoveResp>>;
}

export function createStreamsService(log: Log, context: CallContext): StreamsImplementation {
  const { gate, logger } = context;
  const write = { writes: true };
  return {
    read(call) {
      const signal = endOf(call);
      (async () => {
        if (!(await gate.admit())) return;
        await sendAll(call, answersTo(log, call.request, signal), { gate, signal });
        if (!signal.aborted) call.end();
      })().catch((error: unknown) => failStream(call, toRpcError(error, logger)));
    },

    append(call, callback) {
      (async () => {
        if (!(await gate.admit())) return;
        const response = await appendOne(log, call);
        if (gate.answers()) callback(null, response);
      })().catch((error: unknown) => callback(toRpcError(error, logger)));
    },

    batchAppend: (call) => handleBatchAppend(log, context, call),

    delete: answerUnary(context, async ({ options }: RemoveReq) => removed(log, options, false), write),

    tombstone: answerUnary(context, async ({ options }: RemoveReq) => removed(log, options, true), write),
  };
}

/** The position of what deletes the stream. Throws `RpcError`. */
async function removed(log: Log, options: WriteOptions | null, hard: boolean): Promise<Outgoing<RemoveResp>> {
  if (options === null) throw invalid('a request without options');
  const stream = streamNameOf(options.streamIdentifier);
  const expected = expectedOf(options, options.revision);
  const outcome = await log.remove(stream, expected, hard);
  if (outcome.kind === 'deleted') throw streamDeleted(stream);
  if (outcome.kind === 'wrong') throw wrongDelete(stream, expected, outcome.actual);
  return outcome.position === undefined ? { noPosition: {} } : { position: positionMessage(outcome.position) };
}
