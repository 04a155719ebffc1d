import { WeiliaoError } from '../errors.ts';
import type { Metrics } from '../metrics.ts';
import { directConversationId, messageId, peerOf } from '../domain/conversation/conversation-id.ts';
import type { MarkRead, SendMessage } from '../domain/conversation/decider.ts';
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
import type { Outcome, QueuedCommand } from './decide-batch.ts';
import { watermarkOf } from './head.ts';
import type { Head } from './head.ts';
import { createInFlight } from './in-flight.ts';
import { createLedger } from './ledger.ts';
import { createRateLimit } from './rate-limit.ts';
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

  async function userOf(id: string, role: string): Promise<User> {
    const user = await users.find(id);
    if (user === undefined) throw new WeiliaoError('USER_NOT_FOUND', `${role} ${id} is not registered`);
    return user;
  }

  /** The message as the domain takes it. Without a wait where everything it needs is in memory. */
  function prepareSend(input: SendMessageInput, peer: string): SendMessage | Promise<SendMessage> {
    const { sender, clientId, msg } = input;
    const now = Date.now();
    const from = users.known(sender);
    const to = users.known(peer);
    const prior = ledger.prior(sender, clientId);
    if (from !== undefined && to !== undefined && !(prior instanceof Promise)) {
      return { kind: 'SendMessage', clientId, from: refOf(from), to: refOf(to), msg, now, prior };
    }
    return Promise.all([userOf(sender, 'sender'), userOf(peer, 'addressee'), prior]).then(([from, to, prior]) => {
      return { kind: 'SendMessage', clientId, from: refOf(from), to: refOf(to), msg, now, prior };
    });
  }

  function sendMessage(input: SendMessageInput): Promise<SendOutcome> {
    const { sender, clientId, msg, conversation: given } = input;
    const peer = given === undefined ? input.to : peerOf(given, sender);
    if (peer === undefined) return Promise.reject(conversationNotFound());
    if (!mayGo(sender, Date.now())) {
      return Promise.reject(new WeiliaoError('RATE_LIMITED', `more than ${options.rateLimit} sends a second`));
    }
    const conversation = given ?? directConversationId(sender, peer);
    return inFlight.run((deadline, resolve, reject) => {
      queues.enqueue(conversation, {
        prepare(head) {
          if (given !== undefined && head.state.lastSeq === 0) throw conversationNotFound();
          return prepareSend(input, peer);
        },
        correlationId: input.correlationId,
        causationId: clientId,
        bytes: msg.length * 3,
        deadline,
        resolve: (outcome) => resolve(sendOutcome(conversation, outcome)),
        reject,
      });
    });
  }

  async function prepareRead(input: MarkReadInput, head: Head): Promise<MarkRead> {
    const { reader, conversation, seq } = input;
    const readSeq = await watermarkOf(conversation, reader, head, readModel);
    return { kind: 'MarkRead', reader, seq, readSeq, now: Date.now() };
  }

  function markRead(input: MarkReadInput): Promise<MarkReadOutcome> {
    const { conversation, reader, seq } = input;
    if (peerOf(conversation, reader) === undefined) return Promise.reject(conversationNotFound());
    return inFlight.run((deadline, resolve, reject) => {
      let readSeq = 0;
      const command: QueuedCommand = {
        async prepare(head) {
          const prepared = await prepareRead(input, head);
          readSeq = prepared.readSeq;
          return prepared;
        },
        correlationId: input.correlationId,
        causationId: `read:${reader}:${seq}`,
        bytes: 0,
        deadline,
        resolve(outcome) {
          const accepted = outcome.kind === 'accepted';
          resolve({ conversation, seq: accepted ? seq : readSeq, position: accepted ? outcome.position : 0 });
        },
        reject,
      };
      queues.enqueue(conversation, command);
    });
  }

  function register(user: User): Promise<RegisterOutcome> {
    return inFlight.run((_deadline, resolve, reject) => {
      users.register(user).then(resolve, (error: unknown) => reject(toldError(error)));
    });
  }

  /** Counts a command and notes what its user wrote, before anybody is told the outcome. */
  async function noted<T extends { readonly position: number }>(
    kind: string,
    user: string,
    run: Promise<T>,
    outcomeOf: (value: T) => string,
  ): Promise<T> {
    try {
      const value = await run;
      if (value.position > 0) ledger.wrote(user, value.position);
      metrics.commands.inc({ kind, outcome: outcomeOf(value) });
      return value;
    } catch (error) {
      metrics.commands.inc({ kind, outcome: toldError(error).code });
      throw error;
    }
  }

  return {
    sendMessage: (input) =>
      noted('send', input.sender, sendMessage(input), ({ duplicate }) => (duplicate ? 'duplicate' : 'accepted')),
    markRead: (input) =>
      noted('read', input.reader, markRead(input), ({ position }) => (position > 0 ? 'accepted' : 'unchanged')),
    registerUser: (user) =>
      noted('register', user.id, register(user), ({ created }) => (created ? 'accepted' : 'unchanged')),
    findUser: (id) => users.find(id),
    writtenBy: (user) => ledger.lastPosition(user),
    idle: () => inFlight.idle(),
  };
}

function refOf({ id, username }: User): { id: string; username: string } {
  return { id, username };
}

function conversationNotFound(): WeiliaoError {
  return new WeiliaoError('CONVERSATION_NOT_FOUND', 'conversation not found');
}

function sendOutcome(conversation: string, outcome: Outcome): SendOutcome {
  switch (outcome.kind) {
    case 'accepted':
    case 'duplicate': {
      const { revision, position } = outcome.kind === 'accepted' ? outcome : outcome.prior;
      const { seq, sendDate } = sentOf(outcome);
      const duplicate = outcome.kind === 'duplicate';
      return { message: messageId(conversation, seq), conversation, seq, revision, sendDate, duplicate, position };
    }
    case 'unchanged':
      throw new TypeError('a send always changes something');
  }
}

function sentOf(outcome: Exclude<Outcome, { kind: 'unchanged' }>): { seq: number; sendDate: number } {
  if (outcome.kind === 'duplicate') return outcome.prior.sent;
  if (outcome.event.type !== 'MessageSent') throw new TypeError('a send becomes a MessageSent');
  return outcome.event.data;
}
