import type {
  handleBidiStreamingCall,
  handleUnaryCall,
  ServiceDefinition,
  UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { persistent } from 'weiliao/eventstoredb-protocol';
import type { client, Outgoing } from 'weiliao/eventstoredb-protocol';
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
  ...persistent.PersistentSubscriptions,
  read: { ...persistent.PersistentSubscriptions.read, responseSerialize: (bytes: Buffer) => bytes },
};

type Unary<Request, Response> = handleUnaryCall<Request, Outgoing<Response>>;

interface PersistentImplementation extends UntypedServiceImplementation {
  readonly create: Unary<persistent.CreateReq, persistent.CreateResp>;
  readonly update: Unary<persistent.UpdateReq, persistent.UpdateResp>;
  readonly delete: Unary<persistent.DeleteReq, persistent.DeleteResp>;
  readonly read: handleBidiStreamingCall<persistent.ReadReq, Buffer>;
  readonly getInfo: Unary<persistent.GetInfoReq, persistent.GetInfoResp>;
  readonly replayParked: Unary<persistent.ReplayParkedReq, persistent.ReplayParkedResp>;
  readonly list: Unary<persistent.ListReq, persistent.ListResp>;
  readonly restartSubsystem: Unary<client.Empty, client.Empty>;
}

export function createPersistentService(groups: Groups, context: CallContext): PersistentImplementation {
  return {
    create: answerUnary(context, async (request: persistent.CreateReq) => {
      await groups.create(configOfCreate(request));
      return {};
    }),

    update: answerUnary(context, async (request: persistent.UpdateReq) => {
      await groups.update(configOfUpdate(request));
      return {};
    }),

    delete: answerUnary(context, async (request: persistent.DeleteReq) => {
      const options = required(request.options);
      await groups.remove(sourceNameOf(options), options.groupName);
      return {};
    }),

    read: (call) => handleConsumer(groups, context, call),

    getInfo: answerUnary(context, (request: persistent.GetInfoReq) => {
      const options = required(request.options);
      return { subscriptionInfo: infoMessage(groups.get(sourceNameOf(options), options.groupName)) };
    }),

    replayParked: answerUnary(context, (request: persistent.ReplayParkedReq) => {
      replayParked(groups, required(request.options));
      return {};
    }),

    list: answerUnary(context, ({ options }: persistent.ListReq) => {
      const found = groups.list(listedStream(options?.listForStream ?? null));
      return { subscriptions: found.map(infoMessage) };
    }),

    restartSubsystem: answerUnary(context, () => {
      groups.restart();
      return {};
    }),
  };
}

function replayParked(groups: Groups, options: persistent.ReplayParkedReqOptions): void {
  const stream = sourceNameOf(options);
  const stopAt = options.stopAtOption === 'stopAt' ? options.stopAt.toNumber() : undefined;
  if (stopAt !== undefined && stopAt < 0) {
    const reason = 'Cannot stop replaying parked message at a negative version.';
    throw groupFailed(stream, options.groupName, reason);
  }
  groups.get(stream, options.groupName).replayParked(stopAt);
}

/** Undefined for all. */
function listedStream(option: persistent.ListReqStreamOption | null): string | undefined {
  if (option === null) return undefined;
  return option.all === null ? streamNameOf(option.stream) : allStream;
}

function required<T>(options: T | null): T {
  if (options === null) throw invalid('a request without options');
  return options;
}
