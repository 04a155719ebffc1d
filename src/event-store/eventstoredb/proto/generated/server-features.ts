// Made by `npm run proto`: do not edit.
import { codecOf, define, methodOf } from '../codec.ts';
import * as client from './client.ts';

define('event_store.client.server_features', {
  SupportedMethod: {"fields":{"methodName":{"type":"string","id":1},"serviceName":{"type":"string","id":2},"features":{"rule":"repeated","type":"string","id":3}}},
  SupportedMethods: {"fields":{"methods":{"rule":"repeated","type":"SupportedMethod","id":1},"eventStoreServerVersion":{"type":"string","id":2}}},
});

export interface SupportedMethod {
  readonly methodName: string;
  readonly serviceName: string;
  readonly features: readonly string[];
}
export const SupportedMethod = codecOf<SupportedMethod>('event_store.client.server_features.SupportedMethod');

export interface SupportedMethods {
  readonly methods: readonly SupportedMethod[];
  readonly eventStoreServerVersion: string;
}
export const SupportedMethods = codecOf<SupportedMethods>('event_store.client.server_features.SupportedMethods');

export const ServerFeatures = {
  getSupportedMethods: methodOf('/event_store.client.server_features.ServerFeatures/GetSupportedMethods', { request: client.Empty, response: SupportedMethods }),
};
