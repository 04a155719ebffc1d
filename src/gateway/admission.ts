import { addressKey, clientAddress } from '../auth/client-address.ts';
import type { Door } from '../auth/door.ts';
import { userIdSchema } from '../domain/user/user.ts';
import type { Auth, DoorSettings, Limits } from '../shared/config.ts';
import { withoutBase } from '../shared/base-path.ts';
import { createRateLimits } from '../shared/rate-limits.ts';
import { Session } from './session.ts';

/** What a request for a socket says, as far as it decides whether there will be one. */
export interface UpgradeRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  header(name: string): string | undefined;
  /** Address that the connection comes from. */
  readonly remote: string;
}

/** Why there is no socket (RFC 9457). */
export interface Refusal {
  readonly status: 400 | 401 | 403 | 404 | 405 | 426 | 429 | 503;
  readonly title: string;
  readonly detail: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a request for a socket leads to. */
export type Admission = { readonly session: Session } | Refusal;

export interface Admissions {
  /** Whether this request gets a socket, which is then counted until it leaves. */
  admit(request: UpgradeRequest): Admission;
  leave(session: Session): void;
}

export interface AdmissionDeps {
  readonly auth: Auth;
  readonly basePath: string;
  readonly door: Door;
  readonly proxies: DoorSettings['trustedProxies'];
  readonly limits: Pick<Limits, 'sockets' | 'socketsPerAddress' | 'helloRate'>;
  /** Why no sockets are taken at all now; undefined while they are. */
  closed(): string | undefined;
  onRefused(reason: string, refusal: Refusal, address: string): void;
}

/** What is answered to a request that asks for no socket of the one version there is (RFC 6455 4.4). */
const noUpgrade: Refusal = {
  status: 426,
  title: 'Upgrade Required',
  detail:
    'sockets only: /v1/ws and /ws/{uid}, version 13. A proxy in front must pass on Upgrade and Connection, over HTTP/1.1',
  headers: { Upgrade: 'websocket', 'Sec-WebSocket-Version': '13' },
};

const wrongMethod: Refusal = {
  status: 405,
  title: 'Method Not Allowed',
  detail: 'a socket is asked for with GET',
  headers: { Allow: 'GET, HEAD' },
};

/** What is answered to a request that asks for no socket. */
export function answerTo(method: string | undefined): Refusal {
  return /^(get|head)$/i.test(method ?? '') ? noUpgrade : wrongMethod;
}

const nowhere: Refusal = { status: 404, title: 'Not Found', detail: 'no socket here: /v1/ws or /ws/{uid}' };

/** Decides who gets a socket: from where, whose, and how many. */
export function createAdmissions(deps: AdmissionDeps): Admissions {
  const { auth, basePath, door, proxies, limits, closed, onRefused } = deps;
  const rate = createRateLimits(limits.helloRate);
  const perAddress = new Map<string, number>();
  let open = 0;

  function crowded(address: string): readonly [reason: string, refusal: Refusal] | undefined {
    if (limits.sockets !== undefined && open >= limits.sockets) {
      return ['sockets', unavailable('this gateway holds as many sockets as it can')];
    }
    if (limits.socketsPerAddress > 0 && (perAddress.get(address) ?? 0) >= limits.socketsPerAddress) {
      return ['sockets of an address', tooMany('too many sockets from this address')];
    }
    const wait = rate.take(address);
    if (wait > 0) return ['sockets a second', tooMany('too many sockets a second from this address', wait)];
    return undefined;
  }

  /** The session, not counted yet; or why there is none. */
  function sessionFor(request: UpgradeRequest): Session | readonly [reason: string, refusal: Refusal] {
    const refused = door.refusal({ host: request.header('host'), origin: request.header('origin') });
    if (refused !== undefined) return ['origin', { status: 403, title: 'Forbidden', detail: refused }];
    if (!/^get$/i.test(request.method)) return ['method', wrongMethod];
    if (request.header('sec-websocket-version') !== '13') return ['version', noUpgrade];
    const wanted = kindAt(withoutBase(request.path, basePath), auth.mode === 'none');
    if ('status' in wanted) return ['path', wanted];
    const reason = closed();
    if (reason !== undefined) return ['draining', unavailable(reason)];
    const session = new Session(wanted.kind);
    session.user = wanted.user;
    if (auth.mode !== 'proxy') return session;
    const named = userIdSchema.safeParse(request.header(auth.userHeader));
    if (!named.success) {
      const detail = `the proxy in front named no user in ${auth.userHeader}`;
      return ['not authenticated', { status: 401, title: 'Unauthorized', detail }];
    }
    session.vouched = named.data;
    return session;
  }

  return {
    admit(request) {
      const address = clientAddress(request.remote, request.header('x-forwarded-for'), proxies);
      const key = addressKey(address);
      const found = sessionFor(request);
      const refused = found instanceof Session ? crowded(key) : found;
      if (!(found instanceof Session) || refused !== undefined) {
        const [reason, refusal] = refused ?? ['path', nowhere];
        onRefused(reason, refusal, address);
        return refusal;
      }
      found.address = key;
      open += 1;
      perAddress.set(key, (perAddress.get(key) ?? 0) + 1);
      return { session: found };
    },

    leave({ address }) {
      open -= 1;
      const left = (perAddress.get(address) ?? 1) - 1;
      if (left === 0) perAddress.delete(address);
      else perAddress.set(address, left);
    },
  };
}

type Wanted = { readonly kind: Session['kind']; readonly user: string | undefined } | Refusal;

/** Which protocol is spoken at this path, and for whom where the path says it. */
function kindAt(path: string, original: boolean): Wanted {
  if (/^\/v1\/ws\/?$/.test(path)) return { kind: 'v1', user: undefined };
  const uid = /^\/ws\/([^/]*)\/?$/.exec(path)?.[1];
  if (uid === undefined) return nowhere;
  if (!original) return { status: 404, title: 'Not Found', detail: 'this socket is served in auth mode none only' };
  if (!/^[0-9]{1,64}$/.test(uid)) return { status: 400, title: 'Bad Request', detail: 'uid must be a number' };
  // 01001 is 1001: the original system read numbers.
  return { kind: 'original', user: uid.replace(/^0+(?=[0-9])/, '') };
}

function unavailable(detail: string): Refusal {
  return { status: 503, title: 'Service Unavailable', detail, headers: { 'Retry-After': '1' } };
}

function tooMany(detail: string, waitMs = 1_000): Refusal {
  return {
    status: 429,
    title: 'Too Many Requests',
    detail,
    headers: { 'Retry-After': String(Math.ceil(waitMs / 1_000)) },
  };
}

/** The body of a refusal (RFC 9457). */
export function refusalBody({ status, title, detail }: Refusal): string {
  return JSON.stringify({ type: 'about:blank', title, status, detail });
}
