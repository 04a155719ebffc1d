import type { Conversation } from '../domain/conversation/conversation.ts';
import { evolve, kindOf } from '../domain/conversation/kinds.ts';
import type { ConversationDecision, ConversationEvent } from '../domain/conversation/kinds.ts';
import type { EventData } from '../event-store/event-store.ts';
import type { WeiliaoError } from '../shared/errors.ts';
import { toCommandError } from './command-error.ts';
import { conversationEventId } from './event-id.ts';
import type { Head } from './head.ts';
import type { QueuedCommand } from './queued-command.ts';

export interface Decided {
  readonly command: QueuedCommand;
  readonly decision: ConversationDecision | { readonly kind: 'failed'; readonly error: WeiliaoError };
}

export interface DecidedBatch {
  readonly decided: readonly Decided[];
  /** The conversation's state once every accepted command is in the log. */
  readonly state: Conversation;
  readonly events: readonly EventData[];
}

/** Decides each command on the state that those before it leave behind. No sender hears of it yet. */
export async function decideBatch(head: Head, batch: readonly QueuedCommand[]): Promise<DecidedBatch> {
  const decided: Decided[] = [];
  const events: EventData[] = [];
  const now = performance.now();
  let state = head.state;
  for (const command of batch) {
    if (command.deadline < now) continue;
    let decision: Decided['decision'];
    try {
      let waiting = command.prepare(head, state);
      while (waiting !== undefined) {
        await waiting;
        waiting = command.prepare(head, state);
      }
      // From here to `begun` nothing waits: what no other command had taken is this one's.
      decision = command.decide(state);
    } catch (error) {
      decision = { kind: 'failed', error: toCommandError(error) };
    }
    decided.push({ command, decision });
    if (decision.kind !== 'accepted') continue;
    command.begun();
    state = evolve(state, decision.event);
    events.push(eventOf(head.conversation, decision.event, { command, lastSeq: state.lastSeq }));
  }
  return { decided, state, events };
}

/** Takes back a batch that was not appended after all. */
export function abandonBatch({ decided }: DecidedBatch): void {
  for (const { command } of decided) command.abandoned();
}

function eventOf(
  conversation: string,
  event: ConversationEvent,
  { command, lastSeq }: { readonly command: QueuedCommand; readonly lastSeq: number },
): EventData {
  return {
    id: conversationEventId(conversation, event),
    type: event.type,
    data: event.data,
    metadata: {
      schemaVersion: kindOf(event).schemaVersion,
      $correlationId: command.correlationId,
      $causationId: command.causationId,
      traceparent: command.traceparent,
      lastSeq,
    },
  };
}
