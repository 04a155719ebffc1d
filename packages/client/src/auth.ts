import { ClientError } from './errors.ts';
import { inTime } from './in-time.ts';
import type { Identity, TokenFunction } from './options.ts';

/** Milliseconds that a token function may take. */
const tokenMs = 10_000;

export interface Auth {
  /** Makes a token there: the string, or a fresh one of the function. `refresh`: the last one was refused, or ends soon. */
  ask(refresh: boolean): Promise<void>;
  /** The same, where none was made there yet. */
  ready(): Promise<void>;
  /** Fields of `hello`. */
  hello(): { user?: string; token?: string };
  headers(): Record<string, string>;
  /** A function can give another token. */
  readonly renewable: boolean;
  /** Epoch milliseconds at which the token ends, as far as it says so. */
  readonly expires: number | undefined;
  set(token: string | TokenFunction): void;
}

/** Who connects, and with which token. */
export function createAuth({ user, token }: Identity): Auth {
  let source: string | TokenFunction | undefined = token;
  let current = typeof token === 'string' ? token : undefined;

  async function ask(refresh: boolean): Promise<void> {
    const asked = source;
    if (typeof asked !== 'function') return;
    const given = await tokenOf(asked, refresh);
    // Unless another was set meanwhile.
    if (asked === source) current = given;
  }

  return {
    ask,
    async ready() {
      if (current === undefined) await ask(false);
    },
    hello: () => (source === undefined ? { user: user ?? '' } : { token: current ?? '' }),
    headers: () => (source === undefined ? { 'X-User-Id': user ?? '' } : { Authorization: `Bearer ${current ?? ''}` }),
    get renewable() {
      return typeof source === 'function';
    },
    get expires() {
      return expiryOf(current);
    },
    set(next) {
      source = next;
      current = typeof next === 'string' ? next : undefined;
    },
  };
}

async function tokenOf(source: TokenFunction, refresh: boolean): Promise<string> {
  try {
    // A function that throws at once counts the same.
    const asked = Promise.resolve().then(() => source({ refresh }));
    return await inTime(asked, tokenMs, `no token within ${tokenMs / 1000} s`);
  } catch (cause) {
    throw new ClientError('TOKEN_FAILED', 'the token function failed', { temporary: true, cause });
  }
}

/** `exp` of a JWT. What is none, or has none, ends when the server says so. */
function expiryOf(token: string | undefined): number | undefined {
  try {
    const body = (token ?? '').split('.')[1] ?? '';
    const { exp } = JSON.parse(atob(body.replace(/-/g, '+').replace(/_/g, '/'))) as { exp?: unknown };
    return typeof exp === 'number' ? exp * 1000 : undefined;
  } catch {
    return undefined;
  }
}
