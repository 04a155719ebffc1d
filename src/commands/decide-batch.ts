import type { Conversation } from '../domain/conversation/conversation.ts';
import { decide } from '../domain/conversation/decider.ts';
import type { ConversationCommand, Decision, PriorMessage } from '../domain/conversation/decider.ts';
import { evolve, schemaVersionOf } from '../domain/conversation/kinds.ts';
import type { ConversationEvent } from '../domain/conversation/kinds.ts';
import type { EventData } from '../event-store/event-store.ts';
import type { WeiliaoError } from '../shared/errors.ts';
import { conversationEventId } from './event-id.ts';
import { toldError } from './told-error.ts';
import type { Head } from './head.ts';
import type { Ledger } from './ledger.ts';

/** What a command came to, once that is durable. */
export type Outcome =
  | {
      readonly kind: 'accepted';
      readonly event: ConversationEvent;
      readonly revision: number;
      readonly position: number;
    }
  | { readonly kind: 'duplicate'; readonly prior: PriorMessage }
  | { readonly kind: 'unchanged' };

/** A command waiting for its conversation. */
export interface QueuedCommand {
  /** Makes the command for the conversation as it is by now (`state`, ahead of `head`): looks up whatever it needs. */
  prepare(head: Head, state: Conversation): ConversationCommand | Promise<ConversationCommand>;
  readonly correlationId: string;
  readonly causationId: string;
  /** Bytes that the command adds to an append, about. */
  readonly bytes: number;
  /** After this, epoch milliseconds, nobody waits for the outcome any more. */
  readonly deadline: number;
  resolve(outcome: Outcome): void;
  reject(error: WeiliaoError): void;
}

export interface Decided {
  readonly command: QueuedCommand;
  readonly decision: Decision | { readonly kind: 'failed'; readonly error: WeiliaoError };
}

export interface DecidedBatch {
  readonly decided: readonly Decided[];
  /** The conversation's state once every accepted command is in the log. */
  readonly state: Conversation;
  readonly events: readonly EventData[];
}

/** Decides each command on the state that those before it leave behind. Nothing is told to anybody yet. */
export async function decideBatch(
  conversation: string,
  head: Head,
  batch: readonly QueuedCommand[],
  ledger: Ledger,
): Promise<DecidedBatch> {
  const decided: Decided[] = [];
  const events: EventData[] = [];
  const now = Date.now();
  let state = head.state;
  for (const command of batch) {
    if (command.deadline < now) continue;
    let decision: Decided['decision'];
    try {
      const prepared = command.prepare(head, state);
      const waited = prepared instanceof Promise ? await prepared : prepared;
      const noted = notedMeanwhile(waited, ledger);
      // Without one, nothing waits from here to `beginIn`: of two conversations only one gets the id.
      const ready = noted === undefined ? waited : await withPrior(waited, noted);
      decision = decide(conversation, state, ready);
    } catch (error) {
      decision = { kind: 'failed', error: toldError(error) };
    }
    decided.push({ command, decision });
    if (decision.kind !== 'accepted') continue;
    state = evolve(state, decision.event);
    events.push(eventOf(conversation, decision.event, command, state.lastSeq));
    beginIn(ledger, conversation, decision.event);
  }
  return { decided, state, events };
}

/** The message that took the command's id, in another conversation, while this command was being prepared. */
function notedMeanwhile(command: ConversationCommand, ledger: Ledger): ReturnType<Ledger['held']> {
  if (command.kind !== 'SendMessage' || command.prior !== undefined) return undefined;
  return ledger.held(command.from.id, command.clientId);
}

async function withPrior(
  command: ConversationCommand,
  noted: NonNullable<ReturnType<Ledger['held']>>,
): Promise<ConversationCommand> {
  return command.kind === 'SendMessage' ? { ...command, prior: await noted } : command;
}

/** Takes back what `decideBatch` noted of messages that were not appended after all. */
export function abandonBatch({ decided }: DecidedBatch, ledger: Ledger): void {
  for (const { decision } of decided) {
    if (decision.kind !== 'accepted' || decision.event.type !== 'MessageSent') continue;
    const { from, clientId } = decision.event.data;
    ledger.abandon(from.id, clientId);
  }
}

function beginIn(ledger: Ledger, conversation: string, event: ConversationEvent): void {
  if (event.type !== 'MessageSent') return;
  ledger.begin(event.data.from.id, { conversation, revision: -1, position: 0, sent: event.data });
}

function eventOf(conversation: string, event: ConversationEvent, command: QueuedCommand, lastSeq: number): EventData {
  const { correlationId, causationId } = command;
  return {
    id: conversationEventId(conversation, event),
    type: event.type,
    data: event.data,
    metadata: {
      schemaVersion: schemaVersionOf(event),
      $correlationId: correlationId,
      $causationId: causationId,
      lastSeq,
    },
  };
}
