import { authenticate } from '../auth/authenticator.ts';
import type { Identity } from '../auth/authenticator.ts';
import type { Commands } from '../commands/commands.ts';
import type { ClientFrameOf } from '../protocol/client-frames.ts';
import { closeCodes } from '../protocol/close-codes.ts';
import { welcomeFrame } from '../protocol/reply-frames.ts';
import { liveFrame } from '../protocol/signal-frames.ts';
import { WeiliaoError } from '../shared/errors.ts';
import { sessionId } from './protocol.ts';
import type { ProtocolDeps } from './protocol.ts';
import type { Session } from './session.ts';

type Hello = ClientFrameOf<'hello'>;

/** Why this `hello` is no good here, before anybody is asked; undefined where it may be. */
export function faultOfHello(deps: ProtocolDeps, session: Session, hello: Hello): string | undefined {
  if (session.user !== undefined && deps.authenticator.mode !== 'jwt') return 'hello was said before';
  if (deps.authenticator.mode === 'none' && hello.user === undefined) return 'user: must be given';
  return undefined;
}

/** Finds out who the client is, and lets it in. Throws what it is to be told. */
export async function sayHello(deps: ProtocolDeps, session: Session, hello: Hello): Promise<void> {
  const identity = await identify(deps, session, hello);
  const { user } = identity;
  if (session.user !== undefined) {
    renew(deps, session, identity);
    return;
  }
  const [groups, place] = await Promise.all([deps.rosters.groupsOf(user), deps.resume.placeOf(hello.cursor)]);
  if (session.closed) return;
  if (deps.limits.socketsPerUser > 0 && deps.hub.socketsOf(user) >= deps.limits.socketsPerUser) {
    throw new WeiliaoError('RATE_LIMITED', 'too many sockets of this user');
  }
  session.user = user;
  session.expires = identity.expires;
  session.issued = identity.issued;
  letIn(deps, session, { user, groups, place });
}

interface Entry {
  readonly user: string;
  readonly groups: readonly string[];
  /** The client has seen everything up to here; undefined: nobody knows what it has seen. */
  readonly place: number | undefined;
}

/** In one step: what is not in `welcome`'s cursor follows it. */
function letIn(deps: ProtocolDeps, session: Session, { user, groups, place }: Entry): void {
  const { outboxes, positions, hub, resume } = deps;
  const upTo = deps.feedPosition();
  session.position = upTo;
  session.seen = place ?? upTo;
  hub.join(user, session, groups);
  sendWelcome(deps, session, { user, position: session.seen, recovered: place !== undefined });
  if (place === undefined || place >= upTo) {
    outboxes.send(session, liveFrame(positions.encode(session.seen)));
    deps.company.arrived(session, user);
    return;
  }
  session.held = [];
  deps.company.arrived(session, user);
  resume.catchUp(session, { user, groups, after: place, upTo }).catch((error: unknown) => {
    deps.logger.warn({ component: 'resume', error, user }, 'what a client missed could not be found');
    outboxes.close(session, closeCodes.feedLost, 'what was missed could not be found');
  });
}

/** A new token of the same user: the session goes on to its end. */
function renew(deps: ProtocolDeps, session: Session, { user, expires, issued }: Identity): void {
  if (session.closed) return;
  if (user !== session.user) throw new WeiliaoError('NOT_AUTHENTICATED', 'the token is for another user');
  session.expires = expires;
  session.issued = issued;
  const { held, seen } = session;
  const position = Math.max(session.position, seen);
  // What was missed may not all be sent yet.
  sendWelcome(deps, session, { user, position: held === undefined ? position : seen, recovered: true });
  deps.outboxes.deliver(session, liveFrame(deps.positions.encode(position)));
  deps.company.arrived(session, user);
}

interface Greeting {
  readonly user: string;
  readonly position: number;
  readonly recovered: boolean;
}

function sendWelcome(deps: ProtocolDeps, session: Session, { user, position, recovered }: Greeting): void {
  const cursor = deps.positions.encode(position);
  const welcome = { session: sessionId(deps, session), user, cursor, recovered, serverTime: Date.now() };
  deps.outboxes.send(session, welcomeFrame(welcome));
}

/** Who the client is. In mode none, whoever it says, registered at first sight; in mode proxy, whom the proxy named. */
async function identify(deps: ProtocolDeps, { vouched }: Session, hello: Hello): Promise<Identity> {
  const { authenticator, commands } = deps;
  if (authenticator.mode === 'jwt') {
    if (hello.token === undefined) throw new WeiliaoError('NOT_AUTHENTICATED', 'token: must be given');
    const identity = await authenticate(hello.token, authenticator, commands);
    if (identity.name !== undefined) await ensureNamed(commands, identity.user, identity.name);
    return identity;
  }
  const user = vouched ?? hello.user;
  if (user === undefined) throw new WeiliaoError('BAD_FRAME', 'user: must be given');
  if (hello.user !== undefined && hello.user !== user) {
    throw new WeiliaoError('NOT_AUTHENTICATED', 'user: the proxy in front named another one');
  }
  await ensureRegistered(commands, user, hello.username ?? user);
  return { user, expires: Infinity, issued: 0 };
}

/** Registers a user under the name of their token, or changes it to that. */
async function ensureNamed(commands: Commands, id: string, username: string): Promise<void> {
  const user = await commands.findUser(id);
  if (user === undefined) await ensureRegistered(commands, id, username);
  else if (user.username !== username) await commands.changeUser(id, { username });
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
