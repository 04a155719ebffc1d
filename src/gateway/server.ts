import type { Logger } from '../shared/logger.ts';
import type { Address, GatewayServer, ServerHandlers } from './listener.ts';
import { loadUws } from './listeners/uws-library.ts';
import { listenWithUws } from './listeners/uws.ts';
import { listenWithWs } from './listeners/ws.ts';

/**
 * The WebSocket listener: uWebSockets.js, or `ws` where that has no binary for this system. Throws `OperatorError` where
 * the address cannot be had.
 */
export async function listen(address: Address, handlers: ServerHandlers, logger: Logger): Promise<GatewayServer> {
  const library = await loadUws();
  if (!('fault' in library)) return listenWithUws(library.uws, address, handlers);
  logger.warn({ component: 'gateway', reason: library.fault }, 'sockets run on ws, which costs more processor time');
  return listenWithWs(address, handlers);
}
