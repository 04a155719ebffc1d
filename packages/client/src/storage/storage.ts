import type { View } from '../view.ts';

/** A message that waits, as it is kept. */
export interface KeptMessage {
  /** Client message id. */
  readonly id: string;
  readonly user: string;
  /** Which tab wrote it. */
  readonly tab: string;
  /** Its place among those of its tab. */
  readonly order: number;
  /** Epoch milliseconds. */
  readonly sendDate: number;
  readonly to?: string | undefined;
  readonly conversation?: string | undefined;
  readonly msg: string;
}

/** What a client wants kept. */
export type Draft = Omit<KeptMessage, 'user' | 'tab' | 'order'>;

/** A place to keep messages in. A call that rejects leaves them in memory; nothing waits for any. */
export interface Shelf {
  /** All of the user, of every tab. */
  readonly load: (user: string) => Promise<readonly KeptMessage[]>;
  readonly put: (message: KeptMessage) => Promise<void>;
  readonly remove: (id: string) => Promise<void>;
}

export interface KeeperDeps {
  /** Who this user is, once it is known. */
  readonly user: string | undefined;
  /** Takes messages over that were kept before. */
  readonly outbox: { adopt(message: Draft): void };
}

/** Keeps messages until they are sent. */
export interface Keeper {
  readonly view: View<{ readonly durable: boolean }>;
  /** Behind the caller's back; `kept` is called once it is. Nothing where it is not known who the user is. */
  keep(draft: Draft, kept: () => void): void;
  unkeep(id: string): void;
  /** Takes over what closed tabs left. Safe to call again. */
  start(): void;
  /** Leaves what this tab keeps to others. */
  stop(): void;
}

/** Made by `indexedDbStorage()`, or `storageOn` a place of one's own. */
export type Storage = (client: KeeperDeps) => Keeper;

const nothing = (): void => undefined;
const memory = { durable: false };

/** What lives in memory alone. */
export const noStorage: Storage = () => ({
  view: { get: () => memory, subscribe: () => nothing },
  keep: nothing,
  unkeep: nothing,
  start: nothing,
  stop: nothing,
});
