import type { Metrics } from '../shared/metrics.ts';
import { conversationNotFound } from '../domain/conversation/conversation.ts';
import type { Roster, Rosters } from '../domain/conversation/rosters.ts';
import type { EventStore } from '../event-store/event-store.ts';
import type { DamageQueries, ReadModelQueries } from '../read-model/read-model.ts';
import { createRateLimits } from '../shared/rate-limits.ts';
import { refusalError } from './command-error.ts';
import { conversationCommands } from './commands.ts';
import type { Commands, ConversationCommands } from './commands.ts';
import type { Begun, Caller, CommandContext, ConversationCommand } from './conversation-command.ts';
import { ConversationQueues } from './conversation-queue.ts';
import { createHeads } from './head.ts';
import { createInFlight, inTime } from './in-flight.ts';
import { Ledger } from './ledger.ts';
import { createMessageLookUp } from './message-look-up.ts';
import { refused, takeRate } from './refused.ts';
import { createUserCommands } from './user-commands.ts';
import { createUserEvents } from './user-events.ts';
import { createSessionsEnded } from './sessions-ended.ts';
import { watchUsers } from './user-watch.ts';
import { createUserDirectory } from './users.ts';
import type { UserDirectory } from './users.ts';

export interface CommandDeps {
  readonly store: EventStore;
  readonly readModel: ReadModelQueries & Pick<DamageQueries, 'damage'>;
  readonly rosters: Pick<Rosters, 'of'>;
  readonly metrics: Metrics;
  /** Newest position known to be in the read model. */
  projected(): number;
  /** The log's end when this process started. */
  readonly startPosition: number;
  /** True where nothing but this process writes to the log. */
  readonly soleWriter: boolean;
  /** Commands on a conversation were refused since the log does not hold what it must of it. */
  onDamaged?(conversation: string, reason: unknown): void;
}

export interface CommandOptions {
  /** Milliseconds until a command that has no outcome is answered `STORE_UNAVAILABLE`. */
  readonly commandTimeoutMs: number;
  /** Commands in flight, then `OVERLOADED`. */
  readonly maxInFlight: number;
  /** The same of one user; 0: no limit of its own. */
  readonly maxInFlightPerUser: number;
  /** Commands of a kind, per user and second, then `RATE_LIMITED`; 0: no limit. */
  readonly rateLimit: number;
}

/** The write side of one process. */
export function createCommands(deps: CommandDeps, options: CommandOptions): Commands {
  const { store, readModel, rosters, metrics } = deps;
  const userEvents = createUserEvents();
  const directory = createUserDirectory(store, deps.soleWriter ? userEvents.tell : undefined);
  const users: UserDirectory = {
    ...directory,
    find: async (id) => directory.known(id) ?? inTime(options.commandTimeoutMs, directory.find(id)),
  };
  const watch = deps.soleWriter
    ? undefined
    : watchUsers({ store, users, after: deps.startPosition, onEvent: userEvents.tell });
  const messages = createMessageLookUp({ store, readModel });
  const ledger = new Ledger({ ...deps, messages });
  const inFlight = createInFlight(options);
  metrics.commandsInFlight.from(() => inFlight.size);
  const rates = createRateLimits(options.rateLimit);
  const context: CommandContext = { inFlight, ledger, messages, metrics, rates, readModel, users };
  const queues = new ConversationQueues({
    store,
    heads: createHeads({ store, readModel, observe: (event, place) => ledger.observe(event, place) }),
    onConflict: () => metrics.appendConflicts.inc(),
    onDamaged: deps.onDamaged,
    onAppend(seconds, events) {
      metrics.appendSeconds.observe(seconds);
      metrics.appendEvents.observe(events);
    },
  });

  return {
    ...conversationMethods({ context, rosters, queues }),
    ...createUserCommands(context),
    findUser: async (id) => (await users.find(id))?.state,
    async blocksOf(id) {
      const known = await users.find(id);
      return { blocked: known?.state.blocked ?? new Map(), position: known?.position ?? 0 };
    },
    sessionsEnded: createSessionsEnded(users),
    onUserEvent: userEvents.onEvent,
    writtenBy: (user) => ledger.lastPosition(user),
    idle: () => inFlight.idle(),
    close: async () => watch?.stop(),
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
    takeRate(context.rates, command.kind, input.user);
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
