import type {
  handleBidiStreamingCall,
  handleClientStreamingCall,
  handleServerStreamingCall,
  handleUnaryCall,
  ServiceDefinition,
  UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { StreamsService } from '@eventstore/db-client/generated/streams_grpc_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import type {
  AppendReq,
  AppendResp,
  BatchAppendReq,
  BatchAppendResp,
  DeleteReq,
  DeleteResp,
  ReadReq,
  ReadResp,
  TombstoneReq,
  TombstoneResp,
} from '@eventstore/db-client/generated/streams_pb.js';
import { appendOne } from './append-call.ts';
import { handleBatchAppend } from './batch-append.ts';
import { answerUnary, endOf, failStream, sendAll, toRpcError } from './calls.ts';
import type { CallContext } from './calls.ts';
import type { Log } from './log.ts';
import { answersTo } from './read-call.ts';
import { expectedOf, streamNameOf } from './requests.ts';
import { streamDeleted, wrongDelete } from './rpc-errors.ts';

/** Read answers are bytes already: an event is encoded once, however many read it. */
export const streamsDefinition: ServiceDefinition = {
  ...StreamsService,
  read: { ...StreamsService.read, responseSerialize: (bytes: Buffer) => bytes },
};

interface StreamsImplementation extends UntypedServiceImplementation {
  readonly read: handleServerStreamingCall<ReadReq, ReadResp>;
  readonly append: handleClientStreamingCall<AppendReq, AppendResp>;
  readonly batchAppend: handleBidiStreamingCall<BatchAppendReq, BatchAppendResp>;
  readonly delete: handleUnaryCall<DeleteReq, DeleteResp>;
  readonly tombstone: handleUnaryCall<TombstoneReq, TombstoneResp>;
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

    delete: answerUnary(
      context,
      async (request: DeleteReq) => {
        const position = await remove(log, request.getOptions(), false);
        const place = new streams.DeleteResp.Position().setCommitPosition(position).setPreparePosition(position);
        return new streams.DeleteResp().setPosition(place);
      },
      write,
    ),

    tombstone: answerUnary(
      context,
      async (request: TombstoneReq) => {
        const position = await remove(log, request.getOptions(), true);
        const place = new streams.TombstoneResp.Position().setCommitPosition(position).setPreparePosition(position);
        return new streams.TombstoneResp().setPosition(place);
      },
      write,
    ),
  };
}

type RemoveOptions = DeleteReq.Options | TombstoneReq.Options | undefined;

/** The position of what deletes the stream. Throws `RpcError`. */
async function remove(log: Log, options: RemoveOptions, hard: boolean): Promise<string> {
  const stream = streamNameOf(options?.getStreamIdentifier());
  const expected = expectedOf({
    revision: options?.hasRevision() === true ? options.getRevision() : undefined,
    noStream: options?.hasNoStream() === true,
    any: options?.hasAny() === true,
    streamExists: options?.hasStreamExists() === true,
  });
  const outcome = await log.remove(stream, expected, hard);
  if (outcome.kind === 'deleted') throw streamDeleted(stream);
  if (outcome.kind === 'wrong') throw wrongDelete(stream, expected, outcome.actual);
  return String(outcome.position);
}
