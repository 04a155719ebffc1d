import type { Auth } from './auth.ts';
import { ClientError, asClientError } from './errors.ts';
import type { Message, User } from './options.ts';

/** Milliseconds that an answer may take. */
const answerMs = 10_000;

/** A conversation as the friend list has it. */
export interface ListItem {
  readonly conversation: string;
  readonly peer: User | null;
  readonly lastMessage: Message;
  readonly lastSeq: number;
  readonly revision: number;
  readonly readSeq: number;
  readonly peerReadSeq: number;
  readonly unread: number;
  readonly updatedAt: number;
}

export interface ListPage {
  readonly items: readonly ListItem[];
  readonly next: string | null;
}

export interface GetOptions {
  /** Query parameters; those that are undefined are left out. */
  readonly query?: Readonly<Record<string, string | number | null | undefined>>;
  /** A cursor: the answer holds everything up to there. */
  readonly least?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** False: a refused token is told, and no other is asked for. */
  readonly renews?: boolean;
}

/** Both reject with `ClientError`. */
export interface Rest {
  /** A page of the friend list. `position`: a place in the log up to which it holds everything. */
  list(options: GetOptions): Promise<ListPage & { readonly position: string | undefined }>;
  /** A page of a conversation's messages. */
  messages(conversation: string, options: GetOptions): Promise<readonly Message[]>;
}

export function createRest(base: string, auth: Auth, fetch: typeof globalThis.fetch): Rest {
  async function request(url: string, { least, signal }: GetOptions): Promise<Response> {
    const stop = new AbortController();
    const end = (): void => stop.abort();
    const timer = setTimeout(end, answerMs);
    if (signal?.aborted === true) end();
    signal?.addEventListener('abort', end);
    try {
      const headers = { ...auth.headers(), ...(least !== undefined && { 'Weiliao-Min-Position': least }) };
      const response = await fetch(url, { headers, signal: stop.signal });
      // The body too is read in time.
      const text = await response.text();
      return { ...pick(response), text };
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
    }
  }

  async function get(path: string, options: GetOptions): Promise<{ body: ListPage; position: string | undefined }> {
    const url = `${base}/v1/conversations${path}?${search(options.query)}`;
    try {
      await auth.ready();
      let response = await request(url, options);
      if (response.status === 401 && options.renews !== false && auth.renewable) {
        await auth.ask(true);
        response = await request(url, options);
      }
      if (options.signal?.aborted === true) throw new Error('aborted');
      if (response.status !== 200) throw problem(response);
      const body = JSON.parse(response.text) as ListPage;
      if (!Array.isArray(body.items)) throw new ClientError('BAD_SERVER_FRAME', 'no list');
      return { body, position: response.position };
    } catch (error) {
      throw asClientError(error);
    }
  }

  return {
    async list(options) {
      const { body, position } = await get('', options);
      return { ...body, position };
    },
    async messages(conversation, options) {
      const { body } = await get(`/${encodeURIComponent(conversation)}/messages`, options);
      return body.items as readonly unknown[] as readonly Message[];
    },
  };
}

interface Response {
  readonly status: number;
  readonly position: string | undefined;
  readonly text: string;
}

function pick({ status, headers }: globalThis.Response): Omit<Response, 'text'> {
  return { status, position: headers.get('Weiliao-Position') ?? undefined };
}

function problem({ status, text }: Response): ClientError {
  let said: { code?: unknown; detail?: unknown } = {};
  try {
    said = (JSON.parse(text) ?? {}) as typeof said;
  } catch {
    // A proxy answered.
  }
  const code = typeof said.code === 'string' ? said.code : status === 401 ? 'NOT_AUTHENTICATED' : 'DISCONNECTED';
  const words = typeof said.detail === 'string' ? said.detail : `the server answered ${status}`;
  return new ClientError(code, words, { temporary: status >= 500 || status === 429 });
}

function search(query: GetOptions['query'] = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null);
  return new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)])).toString();
}
