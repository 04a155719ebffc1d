import { decideBlock, decideChange, decideEndSessions, decideRegister } from '../domain/user/decisions.ts';
import type { ProfileChange, UserDecision } from '../domain/user/decisions.ts';
import type { User } from '../domain/user/user.ts';
import type { UserState } from '../domain/user/user-state.ts';
import { WeiliaoError } from '../shared/errors.ts';
import type { CommandContext } from './conversation-command.ts';
import { runInFlight } from './in-flight.ts';
import { refused, takeRate } from './refused.ts';
import type { UserOutcome } from './users.ts';

/** The commands on users. Each resolves once its outcome is durable, and throws `WeiliaoError`. */
export interface UserCommands {
  /** Throws `USER_EXISTS` where another user has the id. */
  registerUser(user: User): Promise<UserOutcome>;
  /** Another name or picture. Throws `USER_NOT_FOUND`. */
  changeUser(id: string, change: ProfileChange): Promise<UserOutcome>;
  /** `id` blocks `other`, or not any more. Throws `USER_NOT_FOUND`, also of the other. */
  setBlock(id: string, other: string, on: boolean): Promise<UserOutcome>;
  /** Ends all sessions of the user, everywhere. Throws `USER_NOT_FOUND`. */
  endSessions(id: string): Promise<UserOutcome>;
}

type Deps = Pick<CommandContext, 'users' | 'inFlight' | 'metrics' | 'rates' | 'ledger'>;
type Decide = (state: UserState | undefined) => UserDecision;

export function createUserCommands({ users, inFlight, metrics, rates, ledger }: Deps): UserCommands {
  async function run(kind: string, id: string, decide: Decide): Promise<UserOutcome> {
    try {
      takeRate(rates, kind, id);
      const outcome = await runInFlight(inFlight, id, () => users.change(id, decide));
      if (outcome.changed) ledger.wrote(id, outcome.position);
      metrics.commands.inc({ kind, outcome: outcome.changed ? 'accepted' : 'unchanged' });
      return outcome;
    } catch (error) {
      return refused(metrics, kind, error);
    }
  }

  return {
    registerUser: (user) => run('register', user.id, (state) => decideRegister(user, state)),
    changeUser: (id, change) => run('change', id, (state) => decideChange(id, change, state)),

    async setBlock(id, other, on) {
      if (on && (await users.find(other)) === undefined) {
        return refused(metrics, 'block', new WeiliaoError('USER_NOT_FOUND', `user ${other} is not registered`));
      }
      return run('block', id, (state) => decideBlock(id, { user: other, on, date: Date.now() }, state));
    },

    endSessions: (id) => run('end-sessions', id, (state) => decideEndSessions(id, Date.now(), state)),
  };
}
