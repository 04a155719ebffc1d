import { randomUUID } from 'node:crypto';
import type { handleUnaryCall, UntypedServiceImplementation } from '@grpc/grpc-js';
import gossip from '@eventstore/db-client/generated/gossip_pb.js';
import type { ClusterInfo } from '@eventstore/db-client/generated/gossip_pb.js';
import features from '@eventstore/db-client/generated/serverfeatures_pb.js';
import type { SupportedMethods } from '@eventstore/db-client/generated/serverfeatures_pb.js';
import { GossipService } from '@eventstore/db-client/generated/gossip_grpc_pb.js';
import { PersistentSubscriptionsService } from '@eventstore/db-client/generated/persistent_grpc_pb.js';
import { ServerFeaturesService } from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js';
import type { Empty } from '@eventstore/db-client/generated/shared_pb.js';
import { StreamsService } from '@eventstore/db-client/generated/streams_grpc_pb.js';
import { answerUnary } from './calls.ts';
import type { CallContext } from './calls.ts';
import { uuidMessage } from './responses.ts';

/** The server version whose answers these are. */
const serverVersion = '24.6.0';

/** What clients ask for before they choose how to append. */
const featuresByPath = new Map<string, readonly string[]>([
  [StreamsService.read.path, ['position', 'events']],
  [StreamsService.batchAppend.path, ['deadline_duration']],
]);

interface FeaturesImplementation extends UntypedServiceImplementation {
  readonly getSupportedMethods: handleUnaryCall<Empty, SupportedMethods>;
}

export function createServerFeatures(context: CallContext): FeaturesImplementation {
  const streamMethods = Object.values(StreamsService).map(
    ({ path }) => [path, featuresByPath.get(path) ?? []] as const,
  );
  const groupMethods = Object.values(PersistentSubscriptionsService).map(
    ({ path }) => [path, ['stream', 'all']] as const,
  );
  const otherMethods = [...Object.values(GossipService), ...Object.values(ServerFeaturesService)].map(
    ({ path }) => [path, []] as const,
  );
  const methods = [...streamMethods, ...groupMethods, ...otherMethods].map(([path, list]) => {
    const [, service = '', method = ''] = path.toLowerCase().split('/');
    return new features.SupportedMethod()
      .setServiceName(service)
      .setMethodName(method)
      .setFeaturesList([...list]);
  });
  return {
    getSupportedMethods: answerUnary(context, () =>
      new features.SupportedMethods().setEventStoreServerVersion(serverVersion).setMethodsList(methods),
    ),
  };
}

interface GossipImplementation extends UntypedServiceImplementation {
  readonly read: handleUnaryCall<Empty, ClusterInfo>;
}

/** A cluster of this one node, which leads it. */
export function createGossip(
  context: CallContext,
  address: () => { host: string; port: number },
): GossipImplementation {
  const instance = randomUUID();
  return {
    read: answerUnary(context, () => {
      const { host, port } = address();
      const member = new gossip.MemberInfo()
        .setInstanceId(uuidMessage(instance, true))
        .setTimeStamp(String(BigInt(Date.now()) * 10_000n))
        .setState(gossip.MemberInfo.VNodeState.LEADER)
        .setIsAlive(true)
        .setHttpEndPoint(new gossip.EndPoint().setAddress(host).setPort(port));
      return new gossip.ClusterInfo().setMembersList([member]);
    }),
  };
}
