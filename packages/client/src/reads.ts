import type { AckFrame, ErrorFrame, ReadFrame } from './frames.ts';
import { Lanes } from './lanes.ts';
import { uuidV7 } from './uuid-v7.ts';

/** How far the user has read in a conversation. */
interface Mark {
  readonly conversation: string;
  seq: number;
  /** What was sent last; undefined where it was not sent on this connection. */
  sent: { readonly id: string; readonly seq: number } | undefined;
}

/** How far the user has read: the greatest mark of each conversation, sent until it is answered. */
export class Reads {
  readonly #marks = new Map<string, Mark>();
  readonly #lanes: Lanes<Mark>;

  constructor({ transmit, random }: { transmit: (frame: ReadFrame) => boolean; random: () => number }) {
    this.#lanes = new Lanes((mark) => {
      const { conversation, seq } = mark;
      const id = uuidV7();
      const sends = transmit({ type: 'read', id, conversation, seq });
      if (sends) mark.sent = { id, seq };
      return sends;
    }, random);
  }

  mark(conversation: string, seq: number): void {
    const known = this.#marks.get(conversation);
    if (known !== undefined) known.seq = Math.max(known.seq, seq);
    else this.#add({ conversation, seq, sent: undefined });
  }

  answered({ id, ...answer }: AckFrame | ErrorFrame): boolean {
    const mark = [...this.#marks.values()].find(({ sent }) => sent !== undefined && sent.id === id);
    if (mark === undefined) return false;
    if (answer.type === 'error' && answer.temporary) {
      this.#lanes.pause(mark.conversation);
      return true;
    }
    const more = mark.seq > (mark.sent?.seq ?? 0);
    this.#marks.delete(mark.conversation);
    this.#lanes.remove(mark.conversation, mark);
    if (more) this.#add({ ...mark, sent: undefined });
    return true;
  }

  up(): void {
    const marks = [...this.#marks.values()];
    this.#lanes.clear();
    for (const mark of marks) this.#add({ ...mark, sent: undefined });
  }

  down(): void {
    this.#lanes.clear();
  }

  #add(mark: Mark): void {
    this.#marks.set(mark.conversation, mark);
    this.#lanes.add(mark.conversation, mark);
  }
}
