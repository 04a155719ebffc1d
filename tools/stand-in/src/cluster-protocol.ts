import { bool, Empty, int32, int64, many, message, methodOf, one } from 'weiliao/eventstoredb-protocol';
import { text, texts, uint32, UUID } from 'weiliao/eventstoredb-protocol';
import type { Infer } from 'weiliao/eventstoredb-protocol';

/** What clients ask of a node before they use it, as in `protocol.ts`. */

/** The one state of a member that there is here. */
export const leader = 8;

export const ClusterInfo = message({
  members: many(
    1,
    message({
      instanceId: one(1, UUID),
      timeStamp: int64(2),
      state: int32(3),
      isAlive: bool(4),
      httpEndPoint: one(5, message({ address: text(1), port: uint32(2) })),
    }),
  ),
});
export type ClusterInfo = Infer<typeof ClusterInfo>;

export const gossip = { read: methodOf('/event_store.client.gossip.Gossip/Read', [Empty, ClusterInfo]) };

export const SupportedMethods = message({
  methods: many(1, message({ methodName: text(1), serviceName: text(2), features: texts(3) })),
  eventStoreServerVersion: text(2),
});
export type SupportedMethods = Infer<typeof SupportedMethods>;

export const serverFeatures = {
  getSupportedMethods: methodOf('/event_store.client.server_features.ServerFeatures/GetSupportedMethods', [
    Empty,
    SupportedMethods,
  ]),
};
