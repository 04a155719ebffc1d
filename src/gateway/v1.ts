import { clientFrameSchema } from '../protocol/client-frames.ts';
import type { ClientFrameOf, ClientFrameType } from '../protocol/client-frames.ts';
import { parseFrame } from '../protocol/parse-frame.ts';
import { pongFrame, readAckFrame, sendAckFrame } from '../protocol/reply-frames.ts';
import { rateLimited, WeiliaoError } from '../shared/errors.ts';
import { createRateLimits } from '../shared/rate-limits.ts';
import { createEarlyFrames } from './early-frames.ts';
import { faultOfHello, sayHello } from './hello.ts';
import { sessionId } from './protocol.ts';
import type { Protocol, ProtocolDeps } from './protocol.ts';
import { createReplies } from './replies.ts';
import type { Replies } from './replies.ts';
import type { Session } from './session.ts';

/** What a client may say once it is known who it is. */
type CommandType = Exclude<ClientFrameType, 'hello'>;
type Handle<Type extends CommandType> = (session: Session, frame: ClientFrameOf<Type>, user: string) => void;
type Handlers = { readonly [Type in CommandType]: Handle<Type> };

/** How often a socket may bring a new token, in a minute. */
const maxRenewals = 10;

/** The protocol of `/v1/ws`. */
export function createV1Protocol(deps: ProtocolDeps): Protocol {
  const early = createEarlyFrames();
  const replies = createReplies(deps);
  const handlers = createHandlers(deps, replies);
  const renewals = createRateLimits(maxRenewals, 60_000);

  function hello(session: Session, said: ClientFrameOf<'hello'>): void {
    const fault = faultOfHello(deps, session, said);
    if (fault !== undefined) {
      replies.badFrame(session, undefined, fault);
      return;
    }
    const wait = session.user === undefined ? 0 : renewals.take(session.name ?? session.address);
    if (wait > 0) {
      replies.refuse(session, undefined, rateLimited('too many hellos', wait));
      return;
    }
    session.pending += 1;
    early.begin(session);
    sayHello(deps, session, said).then(
      () => proceed(session, (text) => frame(session, text)),
      (error: unknown) => {
        replies.refuse(session, undefined, error);
        if (error instanceof WeiliaoError && error.code === 'NOT_AUTHENTICATED')
          replies.turnAway(session, error.message);
        proceed(session, (text) => replies.refuse(session, idOf(text), error));
      },
    );
  }

  /** Goes on with the frames that did not wait for the answer to `hello`. */
  function proceed(session: Session, next: (text: string) => void): void {
    session.pending -= 1;
    for (const text of early.end(session)) {
      if (session.closed) return;
      next(text);
    }
  }

  function frame(session: Session, text: string): void {
    const held = early.hold(session, text);
    if (held === 'held') return;
    if (held === 'full') {
      replies.full(session, idOf(text), 'too many frames before the welcome; wait for it');
      return;
    }
    const parsed = parseFrame(clientFrameSchema, text);
    if (!parsed.ok) {
      replies.badFrame(session, parsed.id, parsed.reason);
      return;
    }
    const said = parsed.frame;
    if (said.type === 'hello') hello(session, said);
    else if (session.user !== undefined) (handlers[said.type] as Handle<CommandType>)(session, said, session.user);
    else {
      replies.refuse(session, idOf(text), new WeiliaoError('NOT_AUTHENTICATED', 'the first frame must be hello'));
      replies.turnAway(session);
    }
  }

  return { open: () => undefined, frame };
}

interface Answer<T> {
  /** The id of the client's frame. */
  readonly id: string | undefined;
  tell(outcome: T): string;
}

function createHandlers(deps: ProtocolDeps, { refuse }: Replies): Handlers {
  const { commands, outboxes } = deps;

  /** Sends what the outcome of a command is told as, or why it failed. */
  function answer<T>(session: Session, run: Promise<T>, { id, tell }: Answer<T>): void {
    session.pending += 1;
    run.then(
      (outcome) => {
        session.pending -= 1;
        outboxes.send(session, tell(outcome));
      },
      (error: unknown) => {
        session.pending -= 1;
        refuse(session, id, error);
      },
    );
  }

  return {
    send(session, { id, to, conversation, msg }, user) {
      const target = to === undefined ? { conversation: conversation ?? '' } : { to };
      const correlationId = sessionId(deps, session);
      const run = commands.sendMessage({ sender: user, clientId: id, ...target, msg, correlationId });
      answer(session, run, { id, tell: (outcome) => sendAckFrame(id, outcome) });
    },

    read(session, { id, conversation, seq }, user) {
      const run = commands.markRead({ reader: user, conversation, seq, correlationId: sessionId(deps, session) });
      answer(session, run, { id, tell: (outcome) => readAckFrame(id, outcome.conversation, outcome.seq) });
    },

    // Not passed on yet; a client that sends it is not told off.
    typing: () => undefined,
    ping: (session) => outboxes.send(session, pongFrame(Date.now())),
  };
}

/** The id of a client's frame, where it has one. */
function idOf(text: string): string | undefined {
  const parsed = parseFrame(clientFrameSchema, text);
  if (!parsed.ok) return parsed.id;
  return 'id' in parsed.frame ? parsed.frame.id : undefined;
}
