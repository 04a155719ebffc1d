import type { z } from 'zod';
import { eventFrames } from './event-frames.ts';
import { replyFrames } from './reply-frames.ts';
import { signalFrames } from './signal-frames.ts';

type Kinds = typeof replyFrames & typeof signalFrames & typeof eventFrames;

/** A frame of a gateway on `/v1/ws`. */
export type ServerFrame = z.infer<Kinds[keyof Kinds]['schema']>;

/**
 * What a gateway sends on `/v1/ws`: answers, then signals, then events. Both acks have the type `ack`, so each frame has
 * a name too.
 */
export const serverFrames = [
  ...Object.entries({ ...replyFrames, ...signalFrames }).map(([name, frame]) => ({ name, ...frame })),
  ...Object.values(eventFrames).map((frame) => ({ name: frame.schema.shape.type.value, ...frame })),
];
