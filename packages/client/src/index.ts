/** The client's public face, for a browser and for Node alike. */
export { createClient } from './create-client.ts';
export type {
  Client,
  ClientEvents,
  ClientStats,
  ConnectionState,
  Conversation,
  ConversationSnapshot,
  ConversationView,
  OutgoingMessage,
  PageOptions,
  PendingMessage,
  Presence,
} from './client.ts';
export { directConversation } from './direct.ts';
export type { ListenOptions } from './emitter.ts';
export { ClientError } from './errors.ts';
export type { ClientErrorCode } from './errors.ts';
export type * from './frames.ts';
export type { ClientOptions, Identity, SharedOptions, TokenFunction, User } from './options.ts';
export { indexedDbStorage } from './storage/indexed-db.ts';
export type { KeptMessage, Shelf, Storage } from './storage/storage.ts';
export { storageOn } from './storage/tab-keeper.ts';
export type { View } from './view.ts';
export type { WebSocketConstructor, WebSocketLike } from './websocket.ts';
