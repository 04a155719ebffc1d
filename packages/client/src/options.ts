import type { Storage } from './storage/storage.ts';
import type { WebSocketConstructor } from './websocket.ts';

export type { Message } from './frames.ts';

export interface User {
  readonly id: string;
  readonly username: string;
  readonly avatar: string | null;
}

/** Gives a token. `refresh`: the last one was refused, or ends soon; a kept one is of no use. */
export type TokenFunction = (ask: { readonly refresh: boolean }) => string | Promise<string>;

/** Who connects: `user` in auth mode none; in mode jwt a token, or a function that is asked at each connect. */
export type Identity =
  | { readonly user: string; readonly token?: undefined }
  | { readonly token: string | TokenFunction; readonly user?: undefined };

export interface SharedOptions {
  /** The server: `https://host`, or the socket's address `wss://host/v1/ws`. A path before `/v1` is kept. */
  readonly url: string;
  /** Where REST is, if it is not beside the socket. Example: `http://127.0.0.1:9092`. */
  readonly restUrl?: string;
  /** Name to register an unknown user with (auth mode none); default: the user id. */
  readonly username?: string;
  /** Any name of the device. */
  readonly device?: string;
  /** Keeps messages that are not sent yet over reloads: `indexedDbStorage()`. Default: they live in memory. */
  readonly storage?: Storage;
  /** Default: the platform's (every browser, Node 22 and later). */
  readonly WebSocket?: WebSocketConstructor;
  /** Default: the platform's. */
  readonly fetch?: typeof fetch;
  /** 0 ≤ x < 1, for delays. Default `Math.random`. */
  readonly random?: () => number;
}

export type ClientOptions = SharedOptions & Identity;
