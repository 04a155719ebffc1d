import { seeFrame } from './frames.ts';
import { Handshake } from './handshake.ts';
import type { LoadHooks, LoadOptions } from './options.ts';
import { LoadSocket } from './socket.ts';

const connectingAtOnce = 128;

/** Connections from one source address; each has some 28,000 ports towards one server. */
const perAddress = 20_000;

/** Opens the connections that only listen, each as a user of its own. Returns what closes them all. */
export async function openIdle(
  options: Pick<LoadOptions, 'url' | 'idle' | 'prefix'>,
  { onProgress, signal }: Pick<LoadHooks, 'onProgress' | 'signal'> = {},
): Promise<() => void> {
  const sockets: LoadSocket[] = [];
  const close = (): void => sockets.forEach((socket) => socket.close());
  try {
    while (sockets.length < options.idle && signal?.aborted !== true) {
      const batch: Promise<void>[] = [];
      while (batch.length < connectingAtOnce && sockets.length < options.idle) {
        batch.push(openOne(options, sockets));
      }
      await Promise.all(batch);
      onProgress?.({ phase: 'connecting', done: sockets.length, total: options.idle, delivered: 0 });
    }
  } catch (error) {
    close();
    throw error;
  }
  return close;
}

async function openOne({ url, prefix }: Pick<LoadOptions, 'url' | 'prefix'>, sockets: LoadSocket[]): Promise<void> {
  const index = sockets.length;
  const handshake = new Handshake(`${prefix}-idle-${index}`);
  const local = url.hostname === '127.0.0.1' ? { localAddress: `127.0.0.${2 + Math.floor(index / perAddress)}` } : {};
  const socket = new LoadSocket({
    url,
    ...local,
    onText: (text) => {
      if (!handshake.done && seeFrame(text).type === 'welcome') handshake.welcomed();
    },
    onClose: (code, reason) => handshake.failed(`closed before welcome: ${code} ${reason}`),
  });
  sockets.push(socket);
  await handshake.run(socket);
}
