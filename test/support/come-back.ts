import type { Server } from './server.ts';
import { openSocket } from './socket.ts';
import type { Chat, Frame } from './socket.ts';

export interface Come {
  readonly chat: Chat;
  readonly recovered: boolean;
  /** What came between `welcome` and `live`, in order. */
  readonly missed: readonly Frame[];
  /** Of `live`. */
  readonly cursor: string;
}

/** A socket that goes on from a cursor, once it is live. */
export async function comeBack(server: Server, user: string, cursor?: string): Promise<Come> {
  const chat = await openSocket(server);
  chat.send({ type: 'hello', user, ...(cursor !== undefined && { cursor }) });
  const { recovered } = await chat.next('welcome');
  const missed: Frame[] = [];
  for (;;) {
    const frame = await chat.take<Frame>(({ type }) => type !== 'presence' && type !== 'typing', 'a frame');
    if (frame.type === 'live') return { chat, recovered, missed, cursor: frame.cursor };
    missed.push(frame);
  }
}

/** Of the messages among the frames. */
export function textsOf(frames: readonly Frame[]): string[] {
  return frames.flatMap((frame) => (frame.type === 'message' ? [frame.msg] : []));
}
