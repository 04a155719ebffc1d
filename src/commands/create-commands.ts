import { WeiliaoError } from '../shared/errors.ts';
import type { Metrics } from '../shared/metrics.ts';
import { directConversationId, peerOf } from '../domain/conversation/conversation-id.ts';
import type { User } from '../domain/user/user.ts';
import type { EventStore } from '../event-store/event-store.ts';
import type { ReadModelQueries } from '../read-model/read-model.ts';
import type {
  Commands,
  MarkReadInput,
  MarkReadOutcome,
  RegisterOutcome,
  SendMessageInput,
  SendOutcome,
} from './commands.ts';
import { createConversationQueues } from './conversation-queue.ts';
import { createInFlight } from './in-flight.ts';
import { createLedger } from './ledger.ts';
import { MarkReadCommand } from './mark-read.ts';
import { createRateLimit } from './rate-limit.ts';
import { conversationNotFound, SendMessageCommand } from './send-message.ts';
import { toldError } from './told-error.ts';
import { createUserDirectory } from './users.ts';

export interface CommandDeps {
  readonly store: EventStore;
  readonly readModel: ReadModelQueries;
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
  const { store, readModel, metrics } = deps;
  const users = createUserDirectory(store);
  const ledger = createLedger(deps);
  const mayGo = createRateLimit(options.rateLimit);
  const inFlight = createInFlight(options.maxInFlight, options.commandTimeoutMs);
  const books = { inFlight, ledger, metrics, users, readModel };
  const queues = createConversationQueues({
    store,
    readModel,
    ledger,
    onConflict: () => metrics.appendConflicts.inc(),
    onAppend(seconds, events) {
      metrics.appendSeconds.observe(seconds);
      metrics.appendEvents.observe(events);
    },
  });

  /** Refused before it was a command: counted all the same. */
  function refused(kind: string, error: unknown): Promise<never> {
    const told = toldError(error);
    metrics.commands.inc({ kind, outcome: told.code });
    return Promise.reject(told);
  }

  function sendMessage(input: SendMessageInput): Promise<SendOutcome> {
    try {
      const { sender, conversation: given } = input;
      const peer = given === undefined ? input.to : peerOf(given, sender);
      if (peer === undefined) throw conversationNotFound();
      if (!mayGo(sender, Date.now())) {
        throw new WeiliaoError('RATE_LIMITED', `more than ${options.rateLimit} sends a second`);
      }
      const conversation = given ?? directConversationId(sender, peer);
      const command = new SendMessageCommand(books, input, { conversation, peer });
      queues.enqueue(conversation, command);
      return command.outcome;
    } catch (error) {
      return refused('send', error);
    }
  }

  function markRead(input: MarkReadInput): Promise<MarkReadOutcome> {
    try {
      if (peerOf(input.conversation, input.reader) === undefined) throw conversationNotFound();
      const command = new MarkReadCommand(books, input);
      queues.enqueue(input.conversation, command);
      return command.outcome;
    } catch (error) {
      return refused('read', error);
    }
  }

  async function registerUser(user: User): Promise<RegisterOutcome> {
    try {
      const outcome = await inTime((): Promise<RegisterOutcome> => users.register(user));
      metrics.commands.inc({ kind: 'register', outcome: outcome.created ? 'accepted' : 'unchanged' });
      return outcome;
    } catch (error) {
      return refused('register', error);
    }
  }

  /** Runs something that is no conversation's under the same limits. */
  function inTime<T>(run: () => Promise<T>): Promise<T> {
    const deadline = inFlight.begin();
    return new Promise((resolve, reject) => {
      const entry = {
        deadline,
        reject(error: unknown) {
          if (inFlight.leave(entry)) reject(toldError(error));
        },
      };
      inFlight.enter(entry);
      run().then((value) => {
        if (inFlight.leave(entry)) resolve(value);
      }, entry.reject);
    });
  }

  return {
    sendMessage,
    markRead,
    registerUser,
    findUser: (id) => users.find(id),
    writtenBy: (user) => ledger.lastPosition(user),
    idle: () => inFlight.idle(),
  };
}
