import { z } from 'zod';
import type { ConversationEvent, ConversationEventOf, ConversationEventType } from '../domain/conversation/kinds.ts';
import { messageFields } from './message.ts';
import { conversationSchema, messageSchema, revisionSchema, timeSchema } from './message.ts';
import { cursorSchema } from './wire-position.ts';

/** Place of a conversation's event. */
export interface EventPlace {
  readonly conversation: string;
  readonly revision: number;
  /** The event's position, as clients see it. */
  readonly cursor: string;
}

/** What sockets of `/v1/ws` get of one kind of event. */
export interface EventFrame<Data> {
  readonly schema: z.ZodObject<{ readonly type: z.ZodLiteral<string> } & z.core.$ZodShape>;
  readonly summary: string;
  readonly example: unknown;
  /** The frame as text. Called once an event, however many sockets it goes to. */
  encode(place: EventPlace, data: Data): string;
}

const messageFrameSchema = z.object({ type: z.literal('message'), ...messageSchema.shape, cursor: cursorSchema });

const readFrameSchema = z.object({
  type: z.literal('read'),
  conversation: conversationSchema,
  reader: z.string().describe('User id'),
  seq: z.int().positive().describe('Everything up to this seq is read'),
  readDate: timeSchema,
  revision: revisionSchema,
  cursor: cursorSchema,
});

/** The frame of every kind of event in conversations. A kind without one does not compile. */
export const eventFrames = {
  MessageSent: {
    schema: messageFrameSchema,
    summary: 'A message of one of the user’s conversations',
    example: {
      type: 'message',
      id: 'dm~1001~1002:1',
      clientId: '0192f0c1-7d4e-7cc0-8a37-2f6c6f1b2a01',
      conversation: 'dm~1001~1002',
      seq: 1,
      revision: 0,
      from: { id: '1001', username: 'zhangsan' },
      to: { id: '1002', username: 'lisi' },
      msg: 'hello',
      status: 1,
      sendDate: 1_764_000_000_100,
      readDate: null,
      cursor: 'k1pXo0r5Z3yB7mQe2vT9Ag',
    },
    encode: (place, sent) => `{"type":"message",${messageFields(place, sent)},"cursor":"${place.cursor}"}`,
  },
  MessagesRead: {
    schema: readFrameSchema,
    summary: 'Somebody has read everything up to `seq`',
    example: {
      type: 'read',
      conversation: 'dm~1001~1002',
      reader: '1002',
      seq: 1,
      readDate: 1_764_000_000_900,
      revision: 1,
      cursor: 'Yw2cH8nq0TtKp5aUe7R1fA',
    },
    encode({ conversation, revision, cursor }, { reader, seq, readDate }) {
      const frame = { type: 'read', conversation, reader, seq, readDate, revision, cursor } as const;
      return JSON.stringify(frame satisfies z.infer<typeof readFrameSchema>);
    },
  },
} as const satisfies { [Type in ConversationEventType]: EventFrame<ConversationEventOf<Type>['data']> };

/** The event as sockets of `/v1/ws` get it. An event holds kind and data together, which the compiler cannot see. */
export function encodeEvent(place: EventPlace, event: ConversationEvent): string {
  const { encode } = eventFrames[event.type] as EventFrame<unknown>;
  return encode(place, event.data);
}
