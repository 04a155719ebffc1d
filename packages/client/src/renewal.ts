import type { Auth } from './auth.ts';

/** A new token is asked for so long before the end of the last one, or at a fifth of its life if that is shorter. */
const earlyMs = 60_000;
/** Never more often. A server counts them. */
const leastMs = 10_000;
/** The longest that a timer can wait. */
const mostMs = 2 ** 31 - 1;

/** Gives the server a new token before the last one ends, so that the socket outlives it. `say` sends it. */
export function createRenewal(auth: Auth, say: (fields: ReturnType<Auth['hello']>) => void) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let turn = 0;
  /** The token that the server has. */
  let said: string | undefined;
  /** How far the server's clock is ahead. */
  let aheadMs = 0;

  function schedule(): void {
    clearTimeout(timer);
    const { expires, renewable } = auth;
    if (!renewable || expires === undefined) return;
    const leftMs = expires - Date.now() - aheadMs;
    const ms = Math.min(mostMs, Math.max(leastMs, leftMs - Math.min(earlyMs, leftMs / 5)));
    timer = setTimeout(() => void renew(), ms);
  }

  /** Asks for a token, and sends it. */
  async function renew(): Promise<void> {
    const mine = ++turn;
    try {
      await auth.ask(true);
    } catch {
      // Asked again before long. If it stays so, the server ends the socket, and the next connect tells.
    }
    if (mine !== turn) return;
    // The same one again would move nothing.
    if (auth.hello().token !== said) say(auth.hello());
    said = auth.hello().token;
    schedule();
  }

  return {
    welcomed(serverTime: number): void {
      aheadMs = serverTime - Date.now();
      said = auth.hello().token;
      schedule();
    },
    /** At once. */
    now: renew,
    stop(): void {
      turn += 1;
      clearTimeout(timer);
    },
  };
}
