import type { Message, WebSocketConstructor, WebSocketLike } from '../../packages/client/src/index.ts';

/** A frame as it crosses the wire. */
export type Frame = Readonly<Record<string, unknown>> & { readonly type: string };

type Event = { readonly position: number; readonly conversation: string; readonly frame: Frame };

/** What an answer over REST is; null: the request never ends. */
export interface FakeAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly position?: string;
}

/** One connection, from the server's side. Frames are delivered in microtasks, as a network would: never in the call. */
export class FakeSocket implements WebSocketLike {
  onopen: WebSocketLike['onopen'] = null;
  onmessage: WebSocketLike['onmessage'] = null;
  onclose: WebSocketLike['onclose'] = null;
  onerror: WebSocketLike['onerror'] = null;
  /** What the client sent. */
  readonly sent: Frame[] = [];
  user = '';
  ended = false;
  closedByClient = false;
  /** What went through. */
  readonly bytes = { toServer: 0, toClient: 0 };
  readonly #chat: FakeChat;
  /** Sends in each direction that still go through; then the connection breaks. */
  #budget: { toServer: number; toClient: number };

  constructor(chat: FakeChat) {
    this.#chat = chat;
    this.#budget = chat.nextBudget();
    chat.sockets.push(this);
    queueMicrotask(() => {
      if (this.ended) return;
      if (chat.refusesConnections) this.onerror?.({});
      else if (!chat.hangs) this.onopen?.({});
    });
  }

  /** Of the client. */
  send(text: string): void {
    if (!this.#spend('toServer', text.length)) return;
    queueMicrotask(() => {
      if (this.ended) return;
      const frame = JSON.parse(text) as Frame;
      this.sent.push(frame);
      this.#chat.receive(this, frame);
    });
  }

  close(): void {
    this.closedByClient = true;
    this.ended = true;
  }

  /** Of the server. */
  say(frame: object): void {
    const text = JSON.stringify(frame);
    if (this.ended || !this.#spend('toClient', text.length)) return;
    queueMicrotask(() => {
      if (!this.closedByClient) this.onmessage?.({ data: text });
    });
  }

  end(code = 1006, reason = ''): void {
    if (this.ended) return;
    this.ended = true;
    queueMicrotask(() => this.onclose?.({ code, reason }));
  }

  /** Frames of a type that the client sent. */
  of(type: string): Frame[] {
    return this.sent.filter((frame) => frame.type === type);
  }

  #spend(way: 'toServer' | 'toClient', bytes: number): boolean {
    if (this.ended) return false;
    this.bytes[way] += bytes;
    if (this.bytes[way] <= this.#budget[way]) return true;
    this.end();
    return false;
  }
}

/** A server in memory that keeps the wire contract, and breaks it where a test says so. */
export class FakeChat {
  readonly sockets: FakeSocket[] = [];
  readonly requests: URL[] = [];
  refusesConnections = false;
  hangs = false;
  /** False: no cursor is taken. */
  recovers = true;
  /** More missed events than this in one conversation come as `reset`. */
  mostReplayed = 1_000;
  /** Frames that the server takes no notice of, or answers in its own way: true where it did. */
  intercept: (socket: FakeSocket, frame: Frame) => boolean = () => false;
  /** Answers a request in its own way. */
  rest: (url: URL, headers: Headers) => FakeAnswer | undefined = () => undefined;
  /** Sends that go through a connection, per direction; the next connection's. */
  nextBudget = (): { toServer: number; toClient: number } => ({ toServer: Infinity, toClient: Infinity });
  /** How often an event reaches a client: 0 is a server that loses it. */
  copies: () => number = () => 1;
  /** Names the log: cursors of another one are not taken. */
  epoch = 1;
  log: Event[] = [];
  readonly #names = new Map<string, string>();
  #clock = 1_000;

  readonly WebSocket = ((chat: FakeChat): WebSocketConstructor =>
    class extends FakeSocket {
      constructor() {
        super(chat);
      }
    })(this);

  readonly fetch: typeof fetch = (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const headers = new Headers(init?.headers);
    this.requests.push(url);
    const { status, body, position } = this.rest(url, headers) ?? this.#answer(url, headers);
    const answer = new Response(JSON.stringify(body), {
      status,
      headers: position === undefined ? {} : { 'Weiliao-Position': position },
    });
    return init?.signal?.aborted === true ? Promise.reject(new Error('aborted')) : Promise.resolve(answer);
  };

  /** The newest. */
  get socket(): FakeSocket {
    return this.sockets.at(-1)!;
  }

  cursor(position = this.log.length): string {
    return `${this.epoch}-${position}`;
  }

  /** A message is durable, and goes to all sockets of both. */
  message(from: string, to: string, { msg = 'hi', clientId = `${from}-${this.log.length}` } = {}): Message {
    const conversation = `dm~${[from, to].sort().join('~')}`;
    const seq = this.messages(conversation).length + 1;
    const [sender, addressee] = [from, to].map((id) => ({ id, username: this.#names.get(id) ?? `${id}-name` }));
    const message: Message = {
      id: `${conversation}:${seq}`,
      clientId,
      conversation,
      seq,
      revision: this.revision(conversation) + 1,
      from: sender!,
      to: addressee!,
      msg,
      status: 1,
      sendDate: this.#clock++,
      readDate: null,
    };
    this.#append(conversation, { type: 'message', ...message });
    return message;
  }

  read(conversation: string, reader: string, seq: number): void {
    const revision = this.revision(conversation) + 1;
    this.#append(conversation, { type: 'read', conversation, reader, seq, readDate: this.#clock++, revision });
  }

  /** An event of a kind that no client knows. */
  strange(conversation: string): void {
    this.#append(conversation, { type: 'strange', conversation, revision: this.revision(conversation) + 1 });
  }

  /** Happens without a word to anybody: what a server that loses frames does. */
  silently(work: () => void): void {
    const sockets = this.sockets.splice(0);
    work();
    this.sockets.push(...sockets);
  }

  revision(conversation: string): number {
    return this.log.filter((event) => event.conversation === conversation).length - 1;
  }

  messages(conversation: string): Message[] {
    const events = this.log.filter((event) => event.conversation === conversation).map(({ frame }) => frame);
    const readBy = (id: string | undefined): { seq: number; date: number } =>
      events
        .filter((frame) => frame.type === 'read' && frame['reader'] === id)
        .map((frame) => ({ seq: frame['seq'] as number, date: frame['readDate'] as number }))
        .reduce((a, b) => (b.seq > a.seq ? b : a), { seq: 0, date: 0 });
    return events
      .filter(({ type }) => type === 'message')
      .map(({ type: _, cursor: __, ...fields }) => {
        const message = fields as unknown as Message;
        const mark = readBy(message.to?.id);
        return message.seq <= mark.seq ? { ...message, status: 2, readDate: mark.date } : message;
      });
  }

  /** Everything of the user after a place. */
  #after(user: string, position: number): Event[] {
    return this.log.filter((event) => event.position > position && event.conversation.split('~').includes(user));
  }

  #append(conversation: string, fields: Frame): void {
    const position = this.log.length + 1;
    const frame = { ...fields, cursor: this.cursor(position) };
    this.log.push({ position, conversation, frame });
    for (const socket of this.sockets) {
      if (socket.user === '' || !conversation.split('~').includes(socket.user)) continue;
      for (let copy = this.copies(); copy > 0; copy -= 1) socket.say(frame);
    }
  }

  receive(socket: FakeSocket, frame: Frame): void {
    if (this.intercept(socket, frame)) return;
    if (frame.type === 'hello') this.#hello(socket, frame);
    else if (frame.type === 'ping') socket.say({ type: 'pong', serverTime: 1 });
    else if (frame.type === 'send') this.#send(socket, frame);
    else if (frame.type === 'read') this.#read(socket, frame);
  }

  welcome(socket: FakeSocket, user: string, given?: string): void {
    const [epoch, place] = (given ?? '').split('-').map(Number);
    const recovered = this.recovers && epoch === this.epoch && (place ?? Infinity) <= this.log.length;
    socket.say({ type: 'welcome', session: 's', user, cursor: this.cursor(), recovered, serverTime: Date.now() });
    if (recovered) this.#replay(socket, user, place ?? 0);
    socket.user = user;
    socket.say({ type: 'presence', users: [{ user: 'b', online: true, lastSeen: 7 }] });
    socket.say({ type: 'live', cursor: this.cursor() });
  }

  #hello(socket: FakeSocket, { user, token, cursor }: Frame): void {
    this.welcome(socket, (user ?? token) as string, cursor as string | undefined);
  }

  #replay(socket: FakeSocket, user: string, place: number): void {
    const missed = this.#after(user, place);
    const counts = new Map<string, number>();
    for (const { conversation } of missed) counts.set(conversation, (counts.get(conversation) ?? 0) + 1);
    const tooLong = [...counts].filter(([, count]) => count > this.mostReplayed).map(([id]) => id);
    if (tooLong.length > 0) socket.say({ type: 'reset', conversations: tooLong });
    for (const { conversation, frame } of missed) if (!tooLong.includes(conversation)) socket.say(frame);
  }

  #send(socket: FakeSocket, { id, to, conversation, msg }: Frame): void {
    const from = socket.user;
    const addressee = (to ??
      (conversation as string).split('~').find((part) => part !== 'dm' && part !== from)) as string;
    const dm = `dm~${[from, addressee].sort().join('~')}`;
    const first = this.messages(dm).find((message) => message.clientId === id && message.from.id === from);
    const stored = first ?? this.message(from, addressee, { msg: msg as string, clientId: id as string });
    const { seq, revision, sendDate } = stored;
    const place = { conversation: dm, seq, revision, sendDate, duplicate: first !== undefined };
    socket.say({ type: 'ack', id, message: stored.id, ...place });
  }

  #read(socket: FakeSocket, frame: Frame): void {
    const { id, conversation, seq } = frame as unknown as { id: string; conversation: string; seq: number };
    this.read(conversation, socket.user, seq);
    socket.say({ type: 'ack', id, conversation, seq });
  }

  #answer(url: URL, headers: Headers): FakeAnswer {
    const user = headers.get('X-User-Id') ?? headers.get('Authorization')?.split(' ')[1] ?? '';
    const position = this.cursor();
    const limit = Number(url.searchParams.get('limit') ?? 50);
    const id = /\/v1\/conversations\/([^/]+)\/messages$/.exec(url.pathname)?.[1];
    if (id !== undefined) return { status: 200, body: this.#history(decodeURIComponent(id), url, limit), position };
    const items = this.#list(user);
    const begin = Number(url.searchParams.get('before') ?? 0);
    const next = items.length > begin + limit ? String(begin + limit) : null;
    return { status: 200, body: { items: items.slice(begin, begin + limit), next }, position };
  }

  #history(conversation: string, url: URL, limit: number) {
    const all = this.messages(conversation);
    const { searchParams } = url;
    const after = searchParams.get('after');
    const below = all.filter(({ seq }) => seq < Number(searchParams.get('before') ?? Infinity)).reverse();
    const items = after === null ? below : all.filter(({ seq }) => seq > Number(after));
    return { items: items.slice(0, limit), lastSeq: all.length, revision: this.revision(conversation), next: null };
  }

  #list(user: string) {
    const ids = new Set(this.log.map(({ conversation }) => conversation));
    return [...ids]
      .filter((id) => id.split('~').includes(user))
      .map((conversation) => {
        const messages = this.messages(conversation);
        const peer = conversation.split('~').find((part) => part !== 'dm' && part !== user) ?? user;
        const marks = (reader: string): number =>
          Math.max(
            0,
            ...this.log
              .filter(({ frame }) => frame.type === 'read' && frame['conversation'] === conversation)
              .filter(({ frame }) => frame['reader'] === reader)
              .map(({ frame }) => frame['seq'] as number),
          );
        const own = messages.filter(({ from }) => from.id === user).at(-1)?.seq ?? 0;
        const last = messages.at(-1)!;
        return {
          conversation,
          peer: { id: peer, username: `${peer}-name`, avatar: null },
          lastMessage: last,
          lastSeq: last.seq,
          revision: this.revision(conversation),
          readSeq: marks(user),
          peerReadSeq: marks(peer),
          unread: Math.max(0, last.seq - Math.max(own, marks(user))),
          updatedAt: last.sendDate,
        };
      })
      .sort((a, b) => b.updatedAt - a.updatedAt);
  }
}
