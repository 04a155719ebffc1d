import type { User } from '@weiliao/client';
import { keptByBrowser, keptByTab } from '../kept.ts';

/** Who is signed in: by name where anybody may be anybody, else by a token, or as the proxy in front says. */
export type Session =
  | { readonly user: string; readonly username?: string; readonly token?: undefined }
  | { readonly token: string; readonly user?: undefined; readonly username?: never };

/** What the page must know of the server before anybody signs in. */
export interface Info {
  readonly auth: 'none' | 'jwt' | 'proxy';
  readonly user: string | null;
}

const demoIds = ['1001', '1002', '1003', '1004', '1005'];

/** Of this tab; a token is the browser's, so that it need not be given to each tab. */
export function keptSession(): Session | undefined {
  const token = keptByBrowser.get('token') ?? tokenOfAddress();
  if (token !== undefined) return { token };
  const user = keptByTab.get('user');
  if (user === null) return undefined;
  const username = keptByTab.get('username');
  return { user, ...(username !== null && { username }) };
}

export function keepSession(session: Session | undefined): void {
  keptByTab.set('user', session?.user ?? null);
  keptByTab.set('username', session?.user === undefined ? null : (session.username ?? null));
  keptByBrowser.set('token', session?.token ?? null);
}

/** `#token=…`: how another page of the house hands a user over. It is taken out of the address at once. */
function tokenOfAddress(): string | undefined {
  const token = /^#token=(.+)$/.exec(location.hash)?.[1];
  if (token === undefined) return undefined;
  history.replaceState(null, '', location.pathname);
  keptByBrowser.set('token', token);
  return token;
}

export function headersOf(session: Session): Record<string, string> {
  return session.token === undefined ? { 'X-User-Id': session.user } : { Authorization: `Bearer ${session.token}` };
}

/** A GET; undefined where it is not answered with 200. Rejects where it is not answered. */
async function get<T>(path: string, headers: Record<string, string>, signal?: AbortSignal): Promise<T | undefined> {
  const response = await fetch(path, { headers, ...(signal && { signal }) });
  return response.ok ? ((await response.json()) as T) : undefined;
}

export function readInfo(signal: AbortSignal): Promise<Info | undefined> {
  return get<Info>('v1/info', {}, signal);
}

/** Users whose id or name begins with the text. */
export async function findUsers(text: string, headers: Record<string, string>, signal?: AbortSignal): Promise<User[]> {
  const query = new URLSearchParams({ query: text, limit: '50' }).toString();
  return (await get<{ items: User[] }>(`v1/users?${query}`, headers, signal))?.items ?? [];
}

export function readUser(id: string, headers: Record<string, string>, signal?: AbortSignal): Promise<User | undefined> {
  return get<User>(`v1/users/${encodeURIComponent(id)}`, headers, signal);
}

/** Those of the original system that are there. */
export async function demoUsers(signal: AbortSignal): Promise<User[]> {
  const found = await findUsers('100', {}, signal);
  return found.filter(({ id }) => demoIds.includes(id));
}

/** Who has this name, or else a new user of this name; undefined where the server takes no such name. */
export async function sessionOf(name: string): Promise<Session | undefined> {
  const [known] = (await findUsers(name, {})).filter(({ id, username }) => id === name || username === name);
  if (known !== undefined) return { user: known.id, username: known.username };
  const id = /^[\w.-]{1,64}$/.test(name) && !/^\.\.?$/.test(name) ? name : `u-${newId()}`;
  const response = await fetch('v1/users', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ id, username: name }),
  });
  return response.ok ? { user: id, username: name } : undefined;
}

function newId(): string {
  return [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
