import { afterEach, beforeEach, vi } from 'vitest';
import { createClient } from '../../packages/client/src/index.ts';
import type { Client, ClientEvents, ClientOptions, ConnectionState } from '../../packages/client/src/index.ts';
import { FakeChat } from '../support/fake-chat.ts';

const clients: Client[] = [];

/** Time stands still in these tests, and each ends without a client. */
export function onFakeTime(): void {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.disconnect();
    await settle();
    vi.useRealTimers();
  });
}

/** Lets everything happen that waits for nothing but its turn. */
export async function settle(): Promise<void> {
  await vi.advanceTimersByTimeAsync(0);
}

export async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}

export function clientOf(chat: FakeChat, options: Partial<ClientOptions> = {}): Client {
  const { fetch, WebSocket } = chat;
  const user = options.token === undefined ? { user: 'a' } : {};
  const all = { url: 'http://chat', fetch, WebSocket, random: () => 1, ...user, ...options } as ClientOptions;
  const client = createClient(all);
  clients.push(client);
  return client;
}

/** A client that is live. */
export async function live(chat = new FakeChat(), options: Partial<ClientOptions> = {}) {
  const client = clientOf(chat, options);
  client.connect();
  await settle();
  return { chat, client };
}

/** All that a client tells of a kind, from now on. */
export function record<K extends keyof ClientEvents>(client: Client, name: K): ClientEvents[K][] {
  const told: ClientEvents[K][] = [];
  client.on(name, (payload) => told.push(payload));
  return told;
}

export function states(client: Client): ConnectionState['state'][] {
  const seen = [client.connection.get().state];
  client.connection.subscribe(() => seen.push(client.connection.get().state));
  return seen;
}

export const refusal = (id: unknown, code: string, temporary: boolean) => ({
  type: 'error',
  id,
  code,
  message: 'in words',
  temporary,
});
