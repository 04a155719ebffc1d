import type { ConversationSnapshot, Message, PendingMessage } from '@weiliao/client';

export type State = 'sending' | 'sent' | 'read' | 'failed' | 'received';

/** A message as it is shown, with or without a place. */
export interface Shown {
  readonly clientId: string;
  readonly seq: number | undefined;
  readonly msg: string;
  readonly sendDate: number;
  readonly state: State;
  readonly from: string;
  /** Where it waits, or failed. */
  readonly pending: PendingMessage | undefined;
}

/** All rows of a conversation: row n holds the message of seq n + 1, and behind the last one stand those that wait. */
export interface Rows {
  readonly lastSeq: number;
  readonly count: number;
  /** Undefined where it is not held. */
  readonly at: (row: number) => Shown | undefined;
  /** The same before and after a message is held, and before and after it has its place. */
  readonly keyOf: (row: number) => string;
}

/** Own messages that were seen to wait: their rows are known by their client ids for ever. */
const waited = new Set<string>();

export function rowsOf({ conversation, messages, pending }: ConversationSnapshot, me: string): Rows {
  const lastSeq = conversation?.lastSeq ?? 0;
  const peerReadSeq = conversation?.peerReadSeq ?? 0;
  for (const { clientId } of pending) waited.add(clientId);
  const bySeq = new Map(messages.map((message) => [message.seq, message]));
  const at = (row: number): Shown | undefined => {
    const waits = pending[row - lastSeq];
    if (waits !== undefined) return waiting(waits, me);
    const message = bySeq.get(row + 1);
    return message && placed(message, me, peerReadSeq);
  };
  return {
    lastSeq,
    count: lastSeq + pending.length,
    at,
    keyOf(row) {
      const waits = pending[row - lastSeq];
      if (waits !== undefined) return `${me}/${waits.clientId}`;
      const message = bySeq.get(row + 1);
      const isOwn = message?.from.id === me && waited.has(message.clientId);
      return isOwn ? `${me}/${message.clientId}` : `#${row}`;
    },
  };
}

function waiting(pending: PendingMessage, me: string): Shown {
  const { clientId, msg, sendDate } = pending;
  const state = pending.state === 'failed' ? 'failed' : 'sending';
  return { clientId, seq: undefined, msg, sendDate, state, from: me, pending };
}

function placed({ clientId, seq, msg, sendDate, status, from, to }: Message, me: string, peerReadSeq: number): Shown {
  const isRead = status === 2 || seq <= peerReadSeq;
  const state = from.id !== me ? 'received' : to !== null && isRead ? 'read' : 'sent';
  return { clientId, seq, msg, sendDate, state, from: from.id, pending: undefined };
}
