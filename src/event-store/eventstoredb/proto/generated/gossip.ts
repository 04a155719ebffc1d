// Made by `npm run proto`: do not edit.
import { codecOf, define, methodOf, type Long } from '../codec.ts';
import * as client from './client.ts';

define('event_store.client.gossip', {
  ClusterInfo: {"fields":{"members":{"rule":"repeated","type":"MemberInfo","id":1}}},
  EndPoint: {"fields":{"address":{"type":"string","id":1},"port":{"type":"uint32","id":2}}},
  MemberInfo: {"fields":{"instanceId":{"type":"event_store.client.UUID","id":1},"timeStamp":{"type":"int64","id":2},"state":{"type":"VNodeState","id":3},"isAlive":{"type":"bool","id":4},"httpEndPoint":{"type":"EndPoint","id":5}},"nested":{"VNodeState":{"values":{"INITIALIZING":0,"DISCOVERLEADER":1,"UNKNOWN":2,"PREREPLICA":3,"CATCHINGUP":4,"CLONE":5,"FOLLOWER":6,"PRELEADER":7,"LEADER":8,"MANAGER":9,"SHUTTINGDOWN":10,"SHUTDOWN":11,"READONLYLEADERLESS":12,"PREREADONLYREPLICA":13,"READONLYREPLICA":14,"RESIGNINGLEADER":15}}}},
});

export interface ClusterInfo {
  readonly members: readonly MemberInfo[];
}
export const ClusterInfo = codecOf<ClusterInfo>('event_store.client.gossip.ClusterInfo');

export interface EndPoint {
  readonly address: string;
  readonly port: number;
}
export const EndPoint = codecOf<EndPoint>('event_store.client.gossip.EndPoint');

export interface MemberInfo {
  readonly instanceId: client.UUID | null;
  readonly timeStamp: Long;
  readonly state: number;
  readonly isAlive: boolean;
  readonly httpEndPoint: EndPoint | null;
}
export const MemberInfo = codecOf<MemberInfo>('event_store.client.gossip.MemberInfo');

export const MemberInfoVNodeState = { INITIALIZING: 0, DISCOVERLEADER: 1, UNKNOWN: 2, PREREPLICA: 3, CATCHINGUP: 4, CLONE: 5, FOLLOWER: 6, PRELEADER: 7, LEADER: 8, MANAGER: 9, SHUTTINGDOWN: 10, SHUTDOWN: 11, READONLYLEADERLESS: 12, PREREADONLYREPLICA: 13, READONLYREPLICA: 14, RESIGNINGLEADER: 15 } as const;

export const Gossip = {
  read: methodOf('/event_store.client.gossip.Gossip/Read', { request: client.Empty, response: ClusterInfo }),
};
