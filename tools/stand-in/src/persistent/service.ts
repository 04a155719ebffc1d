import type {
  handleBidiStreamingCall,
  handleUnaryCall,
  ServerDuplexStream,
  ServiceDefinition,
  UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { PersistentSubscriptionsService } from '@eventstore/db-client/generated/persistent_grpc_pb.js';
import persistent from '@eventstore/db-client/generated/persistent_pb.js';
import type {
  CreateReq,
  CreateResp,
  DeleteReq,
  DeleteResp,
  GetInfoReq,
  GetInfoResp,
  ListReq,
  ListResp,
  ReadReq,
  ReadResp,
  ReplayParkedReq,
  ReplayParkedResp,
  UpdateReq,
  UpdateResp,
} from '@eventstore/db-client/generated/persistent_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import type { Empty } from '@eventstore/db-client/generated/shared_pb.js';
import { answerUnary } from '../calls.ts';
import type { CallContext } from '../calls.ts';
import { streamNameOf } from '../requests.ts';
import { groupFailed, invalid } from '../rpc-errors.ts';
import { handleConsumer } from './consumer-call.ts';
import type { Groups } from './groups.ts';
import { configOfCreate, configOfUpdate, sourceNameOf } from './requests.ts';
import { infoMessage } from './responses.ts';
import { allStream } from './settings.ts';

/** What consumers get is bytes already. */
export const persistentDefinition: ServiceDefinition = {
  ...PersistentSubscriptionsService,
  read: { ...PersistentSubscriptionsService.read, responseSerialize: (bytes: Buffer) => bytes },
};

interface PersistentImplementation extends UntypedServiceImplementation {
  readonly create: handleUnaryCall<CreateReq, CreateResp>;
  readonly update: handleUnaryCall<UpdateReq, UpdateResp>;
  readonly delete: handleUnaryCall<DeleteReq, DeleteResp>;
  readonly read: handleBidiStreamingCall<ReadReq, ReadResp>;
  readonly getInfo: handleUnaryCall<GetInfoReq, GetInfoResp>;
  readonly replayParked: handleUnaryCall<ReplayParkedReq, ReplayParkedResp>;
  readonly list: handleUnaryCall<ListReq, ListResp>;
  readonly restartSubsystem: handleUnaryCall<Empty, Empty>;
}

export function createPersistentService(groups: Groups, context: CallContext): PersistentImplementation {
  return {
    create: answerUnary(context, async (request: CreateReq) => {
      await groups.create(configOfCreate(request));
      return new persistent.CreateResp();
    }),

    update: answerUnary(context, async (request: UpdateReq) => {
      await groups.update(configOfUpdate(request));
      return new persistent.UpdateResp();
    }),

    delete: answerUnary(context, async (request: DeleteReq) => {
      const options = required(request.getOptions());
      await groups.remove(sourceNameOf(options), options.getGroupName());
      return new persistent.DeleteResp();
    }),

    read: (call: ServerDuplexStream<ReadReq, ReadResp>) => handleConsumer(groups, context, call),

    getInfo: answerUnary(context, (request: GetInfoReq) => {
      const options = required(request.getOptions());
      const group = groups.get(sourceNameOf(options), options.getGroupName());
      return new persistent.GetInfoResp().setSubscriptionInfo(infoMessage(group));
    }),

    replayParked: answerUnary(context, (request: ReplayParkedReq) => {
      const options = required(request.getOptions());
      const stream = sourceNameOf(options);
      const stopAt = options.hasStopAt() ? Number(options.getStopAt()) : undefined;
      if (stopAt !== undefined && stopAt < 0) {
        const reason = 'Cannot stop replaying parked message at a negative version.';
        throw groupFailed(stream, options.getGroupName(), reason);
      }
      groups.get(stream, options.getGroupName()).replayParked(stopAt);
      return new persistent.ReplayParkedResp();
    }),

    list: answerUnary(context, (request: ListReq) => {
      const of = request.getOptions()?.getListForStream();
      const found = groups.list(of === undefined ? undefined : of.hasAll() ? allStream : streamNameOf(of.getStream()));
      return new persistent.ListResp().setSubscriptionsList(found.map(infoMessage));
    }),

    restartSubsystem: answerUnary(context, () => {
      groups.restart();
      return new shared.Empty();
    }),
  };
}

function required<T>(options: T | undefined): T {
  if (options === undefined) throw invalid('a request without options');
  return options;
}
