import type { Commands } from '../commands/commands.ts';
import type { ClientFrameOf } from '../protocol/client-frames.ts';
import { welcomeFrame } from '../protocol/reply-frames.ts';
import { WeiliaoError } from '../shared/errors.ts';
import { sessionId } from './protocol.ts';
import type { ProtocolDeps } from './protocol.ts';
import type { Session } from './session.ts';

type Hello = ClientFrameOf<'hello'>;

/** Why this `hello` is no good here, before anybody is asked; undefined where it may be. */
export function faultOfHello(deps: ProtocolDeps, session: Session, hello: Hello): string | undefined {
  if (session.user !== undefined) return 'hello was said before';
  if (deps.authenticator.mode === 'none' && hello.user === undefined) return 'user: must be given';
  if (hello.cursor !== undefined && deps.positions.decode(hello.cursor) === undefined) {
    return 'cursor: must be a cursor that this system gave';
  }
  return undefined;
}

/** Finds out who the client is, and lets it in. Throws what it is to be told. */
export async function sayHello(deps: ProtocolDeps, session: Session, hello: Hello): Promise<void> {
  const user = await authenticate(deps, hello);
  const groups = await deps.rosters.groupsOf(user);
  if (session.closed) return;
  session.user = user;
  // In one step: what is not in `welcome`'s cursor follows it.
  const position = deps.feedPosition();
  session.position = position;
  const cursor = deps.positions.encode(position);
  const welcome = { session: sessionId(deps, session), user, cursor, recovered: false, serverTime: Date.now() };
  deps.outboxes.send(session, welcomeFrame(welcome));
  deps.hub.join(user, session, groups);
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
