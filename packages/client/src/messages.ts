import type { Message } from './frames.ts';

/** Most messages of a conversation that are held. */
const capacity = 1_000;

/** Somebody has read everything up to `seq`. `own`: this user. */
export interface ReadMark {
  readonly reader: string;
  readonly seq: number;
  readonly readDate: number;
  readonly own: boolean;
}

/** The messages of one conversation that are held, by seq; there may be jumps. */
export interface Messages {
  add(message: Message): void;
  mark(mark: ReadMark): void;
  clear(): void;
  /** By seq. The same array until something changes. */
  all(): readonly Message[];
}

export function createMessages(): Messages {
  const bySeq = new Map<number, Message>();
  let sorted: readonly Message[] | undefined;

  /** Beyond the capacity, those go that are farthest from where something was added. */
  function trim(around: number): void {
    if (bySeq.size <= capacity) return;
    const seqs = [...bySeq.keys()].sort((a, b) => Math.abs(a - around) - Math.abs(b - around));
    for (const seq of seqs.slice(capacity)) bySeq.delete(seq);
  }

  return {
    add(message) {
      const known = bySeq.get(message.seq);
      const next = known === undefined ? message : merged(known, message);
      if (next === known) return;
      bySeq.set(message.seq, next);
      trim(message.seq);
      sorted = undefined;
    },
    mark(mark) {
      for (const [seq, message] of bySeq) {
        const next = marked(message, mark);
        if (next === message) continue;
        bySeq.set(seq, next);
        sorted = undefined;
      }
    },
    clear() {
      bySeq.clear();
      sorted = undefined;
    },
    all: () => (sorted ??= [...bySeq.values()].sort((a, b) => a.seq - b.seq)),
  };
}

/** The same message, known twice: a mark that was read once stays. */
export function merged(known: Message, next: Message): Message {
  const read = known.status === 2 ? known : next;
  const { status, readDate } = read;
  const same =
    status === known.status && next.from.username === known.from.username && next.to?.username === known.to?.username;
  return same ? known : { ...next, status, readDate };
}

/** In a group, only what this user has read counts. */
export function marked(message: Message, { reader, seq, readDate, own }: ReadMark): Message {
  const byAddressee = message.to === null ? own && message.from.id !== reader : message.to.id === reader;
  if (!byAddressee || message.seq > seq || message.status === 2) return message;
  return { ...message, status: 2, readDate };
}
