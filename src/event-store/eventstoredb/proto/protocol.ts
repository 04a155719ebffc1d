/** EventStoreDB's protocol, for programs beside the server that speak it too. */
export { textOf } from './codec.ts';
export type { Bytes, Codec, Long, Outgoing } from './codec.ts';
export * as client from './generated/client.ts';
export * as gossip from './generated/gossip.ts';
export * as persistent from './generated/persistent-subscriptions.ts';
export * as rpc from './generated/rpc.ts';
export * as serverFeatures from './generated/server-features.ts';
export * as streams from './generated/streams.ts';
