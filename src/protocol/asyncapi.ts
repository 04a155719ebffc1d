import { z } from 'zod';
import { closeCodes } from './close-codes.ts';
import {
  helloSchema,
  maxFrameBytes,
  originalFrameSchema,
  pingSchema,
  readSchema,
  sendSchema,
  typingSchema,
} from './client-frames.ts';
import { originalMessageSchema, serverFrameSchemas } from './server-frames.ts';
import { maxBadFrames } from '../gateway/v1.ts';

const clientFrames = {
  hello: { schema: helloSchema, summary: 'Who is there. The first frame, within 10 s; answered by welcome.' },
  send: {
    schema: sendSchema,
    summary: 'A message. Answered by ack once it is durable; send it again, with the same id, until then.',
  },
  read: {
    schema: readSchema,
    summary: 'Everything up to seq is read. Answered by ack; a lower seq than before changes nothing.',
  },
  typing: { schema: typingSchema, summary: 'Accepted; not relayed in this version.' },
  ping: { schema: pingSchema, summary: 'Answered by pong.' },
};

/** The AsyncAPI 3 document of both sockets, made from the schemas that guard them. */
export function asyncApiDocument(version: string): unknown {
  const fromClient = messagesOf(
    Object.entries(clientFrames).map(([name, { schema, summary }]) => [name, schema, summary]),
  );
  const fromServer = messagesOf(
    Object.entries(serverFrameSchemas).map(([name, schema]) => [`${name}Frame`, schema, name]),
  );
  const original = messagesOf([
    ['originalSend', originalFrameSchema, 'A message to a user.'],
    ['originalMessage', originalMessageSchema, 'A message to this user. Delivered here, it counts as read.'],
  ]);
  return {
    asyncapi: '3.0.0',
    info: { title: 'weiliao gateway', version, license: { name: 'Apache-2.0' }, description: describeClosing() },
    defaultContentType: 'application/json',
    servers: { gateway: { host: '127.0.0.1:9093', protocol: 'ws', description: 'WS_PORT' } },
    channels: {
      v1: {
        address: '/v1/ws',
        description: 'One JSON object per text frame.',
        messages: refs({ ...fromClient, ...fromServer }),
      },
      original: {
        address: '/ws/{uid}',
        description: 'The socket of the original system, auth mode none only. The sender gets nothing but errors.',
        parameters: { uid: { description: 'numeric user id' } },
        messages: refs({ ...original, errorFrame: fromServer['errorFrame'] }),
      },
    },
    operations: {
      receiveFrames: operation('receive', 'v1', Object.keys(fromClient)),
      sendFrames: operation('send', 'v1', Object.keys(fromServer)),
      receiveOriginalFrames: operation('receive', 'original', ['originalSend']),
      sendOriginalMessages: operation('send', 'original', ['originalMessage', 'errorFrame']),
    },
    components: { messages: { ...fromClient, ...fromServer, ...original } },
  };
}

function messagesOf(entries: readonly (readonly [string, z.ZodType, string])[]): Record<string, unknown> {
  return Object.fromEntries(
    entries.map(([name, schema, summary]) => {
      const payload = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', target: 'draft-7' });
      return [name, { name, summary, contentType: 'application/json', payload }];
    }),
  );
}

function refs(messages: Record<string, unknown>): Record<string, { $ref: string }> {
  return Object.fromEntries(Object.keys(messages).map((name) => [name, { $ref: `#/components/messages/${name}` }]));
}

function operation(action: 'send' | 'receive', channel: string, names: readonly string[]): unknown {
  const messages = names.map((name) => ({ $ref: `#/channels/${channel}/messages/${name}` }));
  return { action, channel: { $ref: `#/channels/${channel}` }, messages };
}

function describeClosing(): string {
  const codes = Object.entries(closeCodes).map(([name, code]) => `- ${code} ${name}`);
  return [
    `Frames are at most ${maxFrameBytes} bytes; binary frames are not taken; ${maxBadFrames} bad frames close the socket.`,
    'Close codes (4000\u20134499: connect again; 4500\u20134999: do not):',
    ...codes,
  ].join('\n');
}
