import type { Metrics } from '../shared/metrics.ts';
import { conversationNotFound } from '../domain/conversation/conversation.ts';
import type { Roster, Rosters } from '../domain/conversation/rosters.ts';
import type { User } from '../domain/user/user.ts';
import type { EventStore } from '../event-store/event-store.ts';
import type { ReadModelQueries } from '../read-model/read-model.ts';
import { refusalError, toCommandError } from './command-error.ts';
import { conversationCommands } from './commands.ts';
import type { Commands, ConversationCommands } from './commands.ts';
import type { Begun, Caller, CommandContext, ConversationCommand } from './conversation-command.ts';
import { ConversationQueues } from './conversation-queue.ts';
import { createHeads } from './head.ts';
import { createInFlight, runInFlight } from './in-flight.ts';
import { Ledger } from './ledger.ts';
import { createMessageLookUp } from './message-look-up.ts';
import { createRateLimit } from './rate-limit.ts';
import { createUserDirectory } from './users.ts';
import type { RegisterOutcome } from './users.ts';

export interface CommandDeps {
  readonly store: EventStore;
  readonly readModel: ReadModelQueries;
  readonly rosters: Pick<Rosters, 'of'>;
  readonly metrics: Metrics;
  /** Newest position known to be in the read model. */
  projected(): number;
  /** The log's end when this process started. */
  readonly startPosition: number;
  /** True where nothing but this process writes to the log. */
  readonly soleWriter: boolean;
}

export interface CommandOptions {
  /** Milliseconds until a command that has no outcome is answered `STORE_UNAVAILABLE`. */
  readonly commandTimeoutMs: number;
  /** Commands in flight, then `OVERLOADED`. */
  readonly maxInFlight: number;
  /** Sends per user and second, then `RATE_LIMITED`; 0: no limit. */
  readonly rateLimit: number;
}

/** The write side of one process. */
export function createCommands(deps: CommandDeps, options: CommandOptions): Commands {
  const { store, readModel, rosters, metrics } = deps;
  const users = createUserDirectory(store);
  const messages = createMessageLookUp({ store, readModel });
  const ledger = new Ledger({ ...deps, messages });
  const inFlight = createInFlight(options.maxInFlight, options.commandTimeoutMs);
  const rateLimit = createRateLimit(options.rateLimit);
  const context: CommandContext = { inFlight, ledger, messages, metrics, rateLimit, readModel, users };
  const queues = new ConversationQueues({
    store,
    heads: createHeads({ store, readModel, observe: (event, place) => ledger.observe(event, place) }),
    onConflict: () => metrics.appendConflicts.inc(),
    onAppend(seconds, events) {
      metrics.appendSeconds.observe(seconds);
      metrics.appendEvents.observe(events);
    },
  });

  async function registerUser(user: User): Promise<RegisterOutcome> {
    try {
      const outcome = await runInFlight(inFlight, () => users.register(user));
      metrics.commands.inc({ kind: 'register', outcome: outcome.created ? 'accepted' : 'unchanged' });
      return outcome;
    } catch (error) {
      return refused(metrics, 'register', error);
    }
  }

  return {
    ...conversationMethods({ context, rosters, queues }),
    registerUser,
    findUser: (id) => users.find(id),
    writtenBy: (user) => ledger.lastPosition(user),
    idle: () => inFlight.idle(),
  };
}

interface ConversationDeps {
  readonly context: CommandContext;
  readonly rosters: Pick<Rosters, 'of'>;
  readonly queues: ConversationQueues;
}

type AnyCommand = ConversationCommand<Caller, unknown>;

/** A target that may not be there. */
interface Found {
  readonly conversation: string | undefined;
  readonly roster: Roster | undefined;
}

/** A method for each command on a conversation: for members only, each in the queue of its conversation. */
function conversationMethods({ context, rosters, queues }: ConversationDeps): ConversationCommands {
  function begin(command: AnyCommand, input: Caller, { conversation, roster }: Found): Begun<unknown> {
    if (conversation === undefined || roster?.joinedSeq(input.user) === undefined) {
      throw refusalError(conversationNotFound);
    }
    const pending = command.begin(context, input, { conversation, roster });
    queues.enqueue(conversation, pending);
    return pending;
  }

  function run(command: AnyCommand, input: Caller): Promise<unknown> {
    try {
      const conversation = command.conversation(input);
      const roster = conversation === undefined ? undefined : rosters.of(conversation);
      if (!(roster instanceof Promise)) return begin(command, input, { conversation, roster }).outcome;
      return roster
        .then((fetched) => begin(command, input, { conversation, roster: fetched }))
        .then(
          ({ outcome }) => outcome,
          (error: unknown) => refused(context.metrics, command.kind, error),
        );
    } catch (error) {
      return refused(context.metrics, command.kind, error);
    }
  }

  const methods = Object.entries(conversationCommands).map(([name, command]) => {
    return [name, (input: Caller) => run(command, input)];
  });
  // Each method gives its command what that one takes, which the compiler cannot see of a list of them.
  return Object.fromEntries(methods) as ConversationCommands;
}

/** Refused before it was in flight: counted all the same. */
function refused(metrics: Pick<Metrics, 'commands'>, kind: string, error: unknown): Promise<never> {
  const reason = toCommandError(error);
  metrics.commands.inc({ kind, outcome: reason.code });
  return Promise.reject(reason);
}
