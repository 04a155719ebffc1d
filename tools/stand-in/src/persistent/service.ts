import type {
  handleBidiStreamingCall,
  handleUnaryCall,
  ServiceDefinition,
  UntypedServiceImplementation,
} from '@grpc/grpc-js';
import type { ConsumerReq, Empty, Outgoing } from 'weiliao/eventstoredb-protocol';
import { answerUnary } from '../calls.ts';
import type { CallContext } from '../calls.ts';
import { streamNameOf } from '../requests.ts';
import { persistentSubscriptions } from '../protocol.ts';
import type {
  DeleteReq,
  GetInfoReq,
  GetInfoResp,
  GroupReq,
  ListedStream,
  ListReq,
  ListResp,
  ReplayParkedOptions,
  ReplayParkedReq,
} from '../protocol.ts';
import { groupFailed, invalid } from '../rpc-errors.ts';
import { handleConsumer } from './consumer-call.ts';
import type { Groups } from './groups.ts';
import { configOfCreate, configOfUpdate, sourceNameOf } from './requests.ts';
import { infoMessage } from './responses.ts';
import { allStream } from './settings.ts';

/** What consumers get is bytes already. */
export const persistentDefinition: ServiceDefinition = {
  ...persistentSubscriptions,
  read: { ...persistentSubscriptions.read, responseSerialize: (bytes: Buffer) => bytes },
};

type Unary<Request, Response> = handleUnaryCall<Request, Outgoing<Response>>;

interface PersistentImplementation extends UntypedServiceImplementation {
  readonly create: Unary<GroupReq, Empty>;
  readonly update: Unary<GroupReq, Empty>;
  readonly delete: Unary<DeleteReq, Empty>;
  readonly read: handleBidiStreamingCall<ConsumerReq, Buffer>;
  readonly getInfo: Unary<GetInfoReq, GetInfoResp>;
  readonly replayParked: Unary<ReplayParkedReq, Empty>;
  readonly list: Unary<ListReq, ListResp>;
  readonly restartSubsystem: Unary<Empty, Empty>;
}

export function createPersistentService(groups: Groups, context: CallContext): PersistentImplementation {
  return {
    create: answerUnary(context, async (request: GroupReq) => {
      await groups.create(configOfCreate(request));
      return {};
    }),

    update: answerUnary(context, async (request: GroupReq) => {
      await groups.update(configOfUpdate(request));
      return {};
    }),

    delete: answerUnary(context, async (request: DeleteReq) => {
      const options = required(request.options);
      await groups.remove(sourceNameOf(options), options.groupName);
      return {};
    }),

    read: (call) => handleConsumer(groups, context, call),

    getInfo: answerUnary(context, (request: GetInfoReq) => {
      const options = required(request.options);
      return { subscriptionInfo: infoMessage(groups.get(sourceNameOf(options), options.groupName)) };
    }),

    replayParked: answerUnary(context, (request: ReplayParkedReq) => {
      replayParked(groups, required(request.options));
      return {};
    }),

    list: answerUnary(context, ({ options }: ListReq) => {
      const found = groups.list(listedStream(options?.listForStream ?? null));
      return { subscriptions: found.map(infoMessage) };
    }),

    restartSubsystem: answerUnary(context, () => {
      groups.restart();
      return {};
    }),
  };
}

function replayParked(groups: Groups, options: ReplayParkedOptions): void {
  const stream = sourceNameOf(options);
  const stopAt = options.stopAt?.toNumber();
  if (stopAt !== undefined && stopAt < 0) {
    const reason = 'Cannot stop replaying parked message at a negative version.';
    throw groupFailed(stream, options.groupName, reason);
  }
  groups.get(stream, options.groupName).replayParked(stopAt);
}

/** Undefined for all. */
function listedStream(option: ListedStream | null): string | undefined {
  if (option === null) return undefined;
  return option.all === null ? streamNameOf(option.stream) : allStream;
}

function required<T>(options: T | null): T {
  if (options === null) throw invalid('a request without options');
  return options;
}
