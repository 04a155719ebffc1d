import { z } from 'zod';
import { clientIdSchema, messageTextSchema } from '../domain/conversation/message-text.ts';
import { userIdSchema } from '../domain/user/user.ts';
import { atMost, maxConversationIdLength } from './limits.ts';
import { conversationSchema, revisionSchema, seqSchema, timeSchema } from './message.ts';

/** A conversation id that a client gives. */
export const givenConversation = z
  .string()
  .min(1, 'must not be empty')
  .max(maxConversationIdLength, atMost(maxConversationIdLength))
  .describe('Conversation id');

const givenSeq = z.int('must be a whole number').min(1, 'must be at least 1');

export const echoedId = z.string().describe('The id of the frame that is answered');

const sendAckSchema = z.object({
  type: z.literal('ack'),
  id: echoedId,
  message: z.string().describe('Message id'),
  conversation: conversationSchema,
  seq: seqSchema,
  revision: revisionSchema,
  sendDate: timeSchema,
  duplicate: z.boolean().describe('True where this was stored before: every value is then the first one’s'),
});

const readAckSchema = z.object({
  type: z.literal('ack'),
  id: echoedId.optional(),
  conversation: conversationSchema,
  seq: z.int().positive().describe('How far the reader has read now'),
});

/** What an ack tells of the outcome of a command; the outcome may say more. */
type Told<Ack extends z.ZodObject> = Omit<z.infer<Ack>, 'type' | 'id'>;

/**
 * Every frame that gives a command. `command`: the command of this name takes what the frame says, together with who
 * gives it. `ack`: how it is answered once it is durable; `encodeAck` is the ack as text.
 */
export const commandFrames = {
  send: {
    command: 'sendMessage',
    schema: z
      .object({
        type: z.literal('send'),
        id: clientIdSchema.describe('Client message id: unique per sender for ever, a UUIDv7 by habit'),
        to: userIdSchema.describe('Addressee; or else conversation').optional(),
        conversation: givenConversation.optional(),
        msg: messageTextSchema.describe('The text: 1 to 8,192 bytes of UTF-8'),
      })
      .refine(({ to, conversation }) => (to === undefined) !== (conversation === undefined), {
        message: 'exactly one of to and conversation must be given',
        path: ['to'],
      }),
    summary: 'A message, to a user or into a conversation. Send it again, with the same id, until it is answered',
    example: { type: 'send', id: '0192f0c1-7d4e-7cc0-8a37-2f6c6f1b2a01', to: '1002', msg: 'hello' },
    ack: {
      schema: sendAckSchema,
      summary: 'The message of a `send` is durable',
      example: {
        type: 'ack',
        id: '0192f0c1-7d4e-7cc0-8a37-2f6c6f1b2a01',
        message: 'dm~1001~1002:1',
        conversation: 'dm~1001~1002',
        seq: 1,
        revision: 0,
        sendDate: 1_764_000_000_100,
        duplicate: false,
      },
    },
    /** By hand, as messages are and for the same reason (message.ts). */
    encodeAck(id: string, told: Told<typeof sendAckSchema>) {
      const { message, conversation, seq, revision, sendDate, duplicate } = told;
      return (
        `{"type":"ack","id":"${id}","message":"${message}","conversation":"${conversation}",` +
        `"seq":${seq},"revision":${revision},"sendDate":${sendDate},"duplicate":${duplicate}}`
      );
    },
  },
  read: {
    command: 'markRead',
    schema: z.object({
      type: z.literal('read'),
      conversation: givenConversation,
      seq: givenSeq.describe('Everything up to this seq is read'),
      id: clientIdSchema.describe('Echoed in the answer').optional(),
    }),
    summary: 'Everything up to `seq` is read. A lower one than before changes nothing',
    example: { type: 'read', id: 'r-1', conversation: 'dm~1001~1002', seq: 1 },
    ack: {
      schema: readAckSchema,
      summary: 'The mark of a `read` is durable',
      example: { type: 'ack', id: 'r-1', conversation: 'dm~1001~1002', seq: 1 },
    },
    encodeAck: (id: string | undefined, { conversation, seq }: Told<typeof readAckSchema>) =>
      JSON.stringify({ type: 'ack', id, conversation, seq }),
  },
} as const;

export type CommandType = keyof typeof commandFrames;
/** The frame of one command. */
export type CommandFrame<Type extends CommandType> = z.infer<(typeof commandFrames)[Type]['schema']>;

/** What must be there to be told what the frames say. `Caller`: what comes with each, whoever gives the command. */
export type CommandsOfFrames<Caller> = {
  readonly [Type in CommandType as (typeof commandFrames)[Type]['command']]: (
    input: CommandFrame<Type> & Caller,
  ) => Promise<Parameters<(typeof commandFrames)[Type]['encodeAck']>[1]>;
};
