import { clientFrameSchema } from '../protocol/client-frames.ts';
import type { ClientFrame, ClientFrameOf } from '../protocol/client-frames.ts';
import { commandFrames } from '../protocol/command-frames.ts';
import type { CommandFrame, CommandsOfFrames, CommandType } from '../protocol/command-frames.ts';
import { parseFrame } from '../protocol/parse-frame.ts';
import { pongFrame } from '../protocol/reply-frames.ts';
import { rateLimited, WeiliaoError } from '../shared/errors.ts';
import { createRateLimits } from '../shared/rate-limits.ts';
import type { Caller } from '../commands/commands.ts';
import { createEarlyFrames } from './early-frames.ts';
import { faultOfHello, sayHello } from './hello.ts';
import { sessionId } from './protocol.ts';
import type { Protocol, ProtocolDeps } from './protocol.ts';
import { createReplies } from './replies.ts';
import type { Replies } from './replies.ts';
import type { Session } from './session.ts';

/** How often a socket may bring a new token, in a minute. */
const maxRenewals = 10;

/** The protocol of `/v1/ws`. */
export function createV1Protocol(deps: ProtocolDeps): Protocol {
  const early = createEarlyFrames();
  const replies = createReplies(deps);
  const take = createTake(deps, replies);
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
    else if (session.user !== undefined) take(session, said, session.user);
    else {
      replies.refuse(session, idOf(text), new WeiliaoError('NOT_AUTHENTICATED', 'the first frame must be hello'));
      replies.turnAway(session);
    }
  }

  return { open: () => undefined, frame };
}

/** What is done with a frame of a user who is known. */
type Take = (session: Session, said: Exclude<ClientFrame, { type: 'hello' }>, user: string) => void;

function createTake(deps: ProtocolDeps, { refuse }: Replies): Take {
  const { outboxes, metrics } = deps;
  const types = Object.keys(commandFrames) as CommandType[];
  const times = Object.fromEntries(types.map((type) => [type, metrics.ackSeconds.of(type)]));
  /** Here the compiler holds each command to the frame that gives it, and to its ack. */
  const commands: CommandsOfFrames<Caller> = deps.commands;

  /** Gives a command, and tells what comes of it. A frame, its command and its ack go together, which the compiler cannot see. */
  function give(session: Session, said: CommandFrame<CommandType>, caller: Caller): void {
    const { command, encodeAck } = commandFrames[said.type];
    const run = commands[command] as (input: unknown) => Promise<unknown>;
    const encode = encodeAck as (id: string | undefined, outcome: unknown) => string;
    session.pending += 1;
    const began = performance.now();
    // The frame is nobody else's: the caller goes into it, at a tenth of what a copy costs.
    const input = said as unknown as Record<keyof Caller, string>;
    input.user = caller.user;
    input.correlationId = caller.correlationId;
    run(input).then(
      (outcome) => {
        session.pending -= 1;
        times[said.type]?.observe((performance.now() - began) / 1_000);
        outboxes.send(session, encode(said.id, outcome));
      },
      (error: unknown) => {
        session.pending -= 1;
        refuse(session, said.id, error);
      },
    );
  }

  return (session, said, user) => {
    if (said.type === 'typing') deps.company.typing(session, { conversation: said.conversation, user, on: said.on });
    else if (said.type === 'ping') outboxes.send(session, pongFrame(Date.now()));
    else give(session, said, { user, correlationId: sessionId(deps, session) });
  };
}

/** The id of a client's frame, where it has one. */
function idOf(text: string): string | undefined {
  const parsed = parseFrame(clientFrameSchema, text);
  if (!parsed.ok) return parsed.id;
  return 'id' in parsed.frame ? parsed.frame.id : undefined;
}
