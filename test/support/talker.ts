import { setTimeout as delay } from 'node:timers/promises';
import type { Server } from './server.ts';
import { connectChat, conversationOf, newId } from './socket.ts';
import type { Chat, Frame, MessageFrame } from './socket.ts';

/** Milliseconds between an answer and the next message, at most. */
const longestThought = 200;
/** Milliseconds until a frame without an answer counts as lost: longer than any command may take. */
const answerWithin = 60_000;

/** What one participant of a conversation was promised and what it saw. */
export interface Talk {
  readonly acked: ReadonlyMap<string, number>;
  /** Sent, and never acked: may be there or not. Empty once the talk has ended well. */
  readonly open: string | undefined;
  /** Connections so far. */
  readonly connections: number;
}

export interface TalkerOptions {
  readonly user: string;
  readonly peer: string;
  /** The gateway to be at, by now: asked before every connection. */
  at(): Server;
  /** True: nothing new is said; what is open is still brought to its ack. */
  ending(): boolean;
}

/**
 * A user who writes without an end, a message at a time, and sends it again under the same id until it is acked,
 * wherever and however often the connection breaks. Throws where a promise is broken: a socket that misses a message,
 * brings one twice or in the wrong order, an ack that takes back another, an error that is not temporary.
 */
export function startTalking({ user, peer, at, ending }: TalkerOptions): Talk & { readonly ended: Promise<void> } {
  const conversation = conversationOf(user, peer);
  const acked = new Map<string, number>();
  let open: string | undefined;
  let connections = 0;

  async function talk(chat: Chat): Promise<void> {
    let newest: number | undefined;
    while (chat.isOpen) {
      if (open === undefined) {
        if (ending()) return;
        open = newId();
      }
      chat.send({ type: 'send', id: open, to: peer, msg: `from ${user}: ${open}` });
      for (let answered = false; !answered;) {
        const frame: Frame = await chat.take(() => true, `an answer to ${open}`, answerWithin);
        if (frame.type === 'message') newest = assertNext(frame, newest);
        if (frame.type === 'error' && !frame.temporary) throw new BrokenPromise(JSON.stringify(frame));
        if (frame.type === 'ack' && 'message' in frame && frame.id === open) keep(frame.id, frame.seq);
        answered = frame.type === 'error' || frame.type === 'ack';
      }
      await delay(Math.random() * longestThought);
    }
  }

  function keep(id: string, seq: number): void {
    acked.set(id, seq);
    open = undefined;
  }

  /** Nothing but messages is said here, so a socket sees every revision from its first one on. */
  function assertNext(frame: MessageFrame, newest: number | undefined): number {
    if (frame.conversation !== conversation) throw new BrokenPromise(`a message of ${frame.conversation}`);
    if (newest !== undefined && frame.revision !== newest + 1) {
      throw new BrokenPromise(`${user} saw revision ${frame.revision} of ${conversation} after ${newest}`);
    }
    return frame.revision;
  }

  async function run(): Promise<void> {
    while (open !== undefined || !ending()) {
      let chat: Chat | undefined;
      try {
        chat = await connectChat(at(), user);
        connections += 1;
        await talk(chat);
      } catch (error) {
        if (error instanceof BrokenPromise || chat?.isOpen === true) throw error;
        // Refused, or cut: as a client does, again in a moment.
        await delay(Math.random() * longestThought);
      } finally {
        chat?.cut();
      }
    }
  }

  return {
    acked,
    get open() {
      return open;
    },
    get connections() {
      return connections;
    },
    ended: run(),
  };
}

class BrokenPromise extends Error {}
