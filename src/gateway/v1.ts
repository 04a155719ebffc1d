import { toWeiliaoError, WeiliaoError } from '../shared/errors.ts';
import type { Logger } from '../shared/logger.ts';
import type { Authenticator } from '../auth/authenticator.ts';
import type { Commands } from '../commands/commands.ts';
import type { WirePositions } from '../protocol/wire-position.ts';
import { closeCodes } from '../protocol/close-codes.ts';
import { createEarlyFrames } from './early-frames.ts';
import { codeFrame, errorFrame, pongFrame, readAckFrame, sendAckFrame, welcomeFrame } from './encode.ts';
import { clientFrameSchema, parseFrame } from '../protocol/client-frames.ts';
import type { ClientFrame, Hello } from '../protocol/client-frames.ts';
import type { Hub } from './hub.ts';
import type { Outboxes, Session } from './session.ts';

/** Bad frames after which a socket is closed. */
export const maxBadFrames = 5;

export interface ProtocolDeps {
  readonly commands: Commands;
  readonly authenticator: Authenticator;
  readonly hub: Hub;
  readonly outboxes: Outboxes;
  readonly logger: Logger;
  /** Names this process in session ids. */
  readonly gatewayId: string;
  readonly positions: WirePositions;
  /** Position of the newest event that the feed handed out. */
  feedPosition(): number;
}

/** What a session does with frames, whichever protocol it speaks. */
export interface Protocol {
  open(session: Session): void;
  frame(session: Session, text: string): void;
}

/** The protocol of `/v1/ws`. */
export function createV1Protocol(deps: ProtocolDeps): Protocol {
  const { commands, hub, outboxes } = deps;
  const early = createEarlyFrames();

  function answer<T>(session: Session, id: string | undefined, run: Promise<T>, frame: (value: T) => string): void {
    session.pending += 1;
    run.then(
      (value) => {
        session.pending -= 1;
        outboxes.send(session, frame(value));
      },
      (error: unknown) => {
        session.pending -= 1;
        refuse(deps, session, id, error);
      },
    );
  }

  async function sayHello(session: Session, hello: Hello): Promise<void> {
    const user = await authenticate(deps, hello);
    if (session.closed) return;
    session.user = user;
    // In one step: what is not in `welcome`'s cursor follows it.
    const position = deps.feedPosition();
    session.position = position;
    outboxes.send(session, welcomeFrame(sessionId(deps, session), user, deps.positions.encode(position)));
    hub.join(user, session);
  }

  function hello(session: Session, said: Hello): void {
    if (session.user !== undefined) {
      badFrame(deps, session, undefined, 'hello was said before');
      return;
    }
    if (deps.authenticator.mode === 'none' && said.user === undefined) {
      badFrame(deps, session, undefined, 'user: must be given');
      return;
    }
    if (said.cursor !== undefined && deps.positions.decode(said.cursor) === undefined) {
      badFrame(deps, session, undefined, 'cursor: must be a cursor that this system gave');
      return;
    }
    session.pending += 1;
    early.begin(session);
    let failure: unknown;
    sayHello(session, said)
      .catch((error: unknown) => {
        failure = error;
        refuse(deps, session, undefined, error);
        const unknownUser = error instanceof WeiliaoError && error.code === 'NOT_AUTHENTICATED';
        if (unknownUser) outboxes.close(session, closeCodes.notAuthenticated, 'not authenticated');
      })
      .finally(() => {
        session.pending -= 1;
        for (const text of early.end(session)) {
          if (session.closed) return;
          if (failure === undefined) frame(session, text);
          else refuse(deps, session, idOf(text), failure);
        }
      });
  }

  function command(session: Session, user: string, frame: Exclude<ClientFrame, Hello>): void {
    const correlationId = sessionId(deps, session);
    switch (frame.type) {
      case 'send': {
        const { id, to, conversation, msg } = frame;
        const target = to === undefined ? { conversation: conversation ?? '' } : { to };
        const run = commands.sendMessage({ sender: user, clientId: id, ...target, msg, correlationId });
        answer(session, id, run, (outcome) => sendAckFrame(id, outcome));
        break;
      }
      case 'read': {
        const { id, conversation, seq } = frame;
        const run = commands.markRead({ reader: user, conversation, seq, correlationId });
        answer(session, id, run, (outcome) => readAckFrame(id, outcome.conversation, outcome.seq));
        break;
      }
      case 'ping':
        outboxes.send(session, pongFrame());
        break;
      case 'typing':
        // Not relayed yet; a client that sends it is not told off.
        break;
    }
  }

  function frame(session: Session, text: string): void {
    const held = early.hold(session, text);
    if (held === 'held') return;
    if (held === 'full') {
      outboxes.send(session, codeFrame(idOf(text), 'OVERLOADED', 'too many frames before the welcome; wait for it'));
      return;
    }
    const parsed = parseFrame(clientFrameSchema, text);
    if (!parsed.ok) {
      badFrame(deps, session, parsed.id, parsed.reason);
      return;
    }
    const { frame } = parsed;
    if (frame.type === 'hello') hello(session, frame);
    else if (session.user !== undefined) command(session, session.user, frame);
    else {
      outboxes.send(session, codeFrame(idOf(text), 'NOT_AUTHENTICATED', 'the first frame must be hello'));
      outboxes.close(session, closeCodes.notAuthenticated, 'not authenticated');
    }
  }

  return { open: () => undefined, frame };
}

/** The id of a client's frame, where it has one. */
function idOf(text: string): string | undefined {
  const parsed = parseFrame(clientFrameSchema, text);
  if (!parsed.ok) return parsed.id;
  return 'id' in parsed.frame ? parsed.frame.id : undefined;
}

/** Who the client is. In mode none, whoever it says, registered at first sight. */
async function authenticate({ authenticator, commands }: ProtocolDeps, hello: Hello): Promise<string> {
  if (authenticator.mode === 'jwt') {
    if (hello.token === undefined) throw new WeiliaoError('NOT_AUTHENTICATED', 'token: must be given');
    return authenticator.verify(hello.token);
  }
  if (hello.user === undefined) throw new WeiliaoError('BAD_FRAME', 'user: must be given');
  await ensureRegistered(commands, hello.user, hello.username ?? hello.user);
  return hello.user;
}

/** Registers a user who is not there yet; one who is stays as they are. */
export async function ensureRegistered(commands: Commands, id: string, username: string): Promise<void> {
  if ((await commands.findUser(id)) !== undefined) return;
  try {
    await commands.registerUser({ id, username, avatar: null });
  } catch (error) {
    // Another socket of the same user was faster, under another name.
    if (!(error instanceof WeiliaoError) || error.code !== 'USER_EXISTS') throw error;
  }
}

export function sessionId({ gatewayId }: Pick<ProtocolDeps, 'gatewayId'>, session: Session): string {
  return `${gatewayId}-${session.number.toString(36)}`;
}

/** Tells a client why its frame failed. */
export function refuse(
  { outboxes, logger }: Pick<ProtocolDeps, 'outboxes' | 'logger'>,
  session: Session,
  id: string | undefined,
  error: unknown,
): void {
  const told = toWeiliaoError(error);
  if (told.code === 'INTERNAL') logger.error({ error: told.cause, user: session.user }, 'a frame failed');
  outboxes.send(session, errorFrame(id, told));
}

/** A frame that is no good. The fifth one closes the socket. */
export function badFrame(
  { outboxes }: Pick<ProtocolDeps, 'outboxes'>,
  session: Session,
  id: string | undefined,
  reason: string,
): void {
  session.badFrames += 1;
  outboxes.send(session, codeFrame(id, 'BAD_FRAME', reason));
  if (session.badFrames >= maxBadFrames) outboxes.close(session, closeCodes.protocolViolation, 'too many bad frames');
}
