import { randomUUID } from 'node:crypto';
import type { handleUnaryCall, UntypedServiceImplementation } from '@grpc/grpc-js';
import type { Empty, Outgoing } from 'weiliao/eventstoredb-protocol';
import { answerUnary } from './calls.ts';
import type { CallContext } from './calls.ts';
import { gossip, leader, serverFeatures } from './cluster-protocol.ts';
import type { ClusterInfo, SupportedMethods } from './cluster-protocol.ts';
import { persistentSubscriptions, streams } from './protocol.ts';
import { uuidMessage } from './responses.ts';

/** The server version whose answers these are. */
const serverVersion = '24.6.0';

/** What clients ask for before they choose how to append. */
const featuresByPath = new Map<string, readonly string[]>([
  [streams.read.path, ['position', 'events']],
  [streams.batchAppend.path, ['deadline_duration']],
  ...Object.values(persistentSubscriptions).map(({ path }) => [path, ['stream', 'all']] as const),
]);

interface FeaturesImplementation extends UntypedServiceImplementation {
  readonly getSupportedMethods: handleUnaryCall<Empty, Outgoing<SupportedMethods>>;
}

export function createServerFeatures(context: CallContext): FeaturesImplementation {
  const services = [streams, persistentSubscriptions, gossip, serverFeatures];
  const paths = services.flatMap((service) => Object.values(service).map(({ path }: { path: string }) => path));
  const methods = paths.map((path) => {
    const [, serviceName, methodName] = path.toLowerCase().split('/');
    return { serviceName, methodName, features: featuresByPath.get(path) ?? [] };
  });
  return {
    getSupportedMethods: answerUnary(context, () => ({ eventStoreServerVersion: serverVersion, methods })),
  };
}

interface GossipImplementation extends UntypedServiceImplementation {
  readonly read: handleUnaryCall<Empty, Outgoing<ClusterInfo>>;
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
      const member = {
        instanceId: uuidMessage(instance, true),
        timeStamp: String(BigInt(Date.now()) * 10_000n),
        state: leader,
        isAlive: true,
        httpEndPoint: { address: host, port },
      };
      return { members: [member] };
    }),
  };
}
