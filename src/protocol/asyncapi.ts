import { z } from 'zod';
import { clientFrames } from './client-frames.ts';
import { closeCodes, closings, firstFinalCode } from './close-codes.ts';
import { limits } from './limits.ts';
import { originalFrames } from './original-frames.ts';
import { serverFrames } from './server-frames.ts';

interface FrameKind {
  readonly schema: z.ZodType;
  readonly summary: string;
  readonly example: unknown;
}

type Messages = Record<string, unknown>;

/** The AsyncAPI 3 document of both sockets, made from the schemas that guard them. */
export function asyncApiDocument(version: string): unknown {
  const fromClient = messagesOf(clientFrames.map((frame) => [frame.type, frame]));
  const fromServer = messagesOf(serverFrames.map((frame) => [`${frame.name}Frame`, frame]));
  const original = messagesOf(Object.entries(originalFrames));
  return {
    asyncapi: '3.0.0',
    info: { title: 'weiliao gateway', version, license: { name: 'Apache-2.0' }, description: describeClosing() },
    defaultContentType: 'application/json',
    servers: { gateway: { host: '127.0.0.1:9093', protocol: 'ws', description: 'WS_PORT' } },
    channels: {
      v1: {
        address: '/v1/ws',
        description: 'One JSON object per text frame.',
        messages: refs([...Object.keys(fromClient), ...Object.keys(fromServer)]),
      },
      original: {
        address: '/ws/{uid}',
        description: 'The socket of the original system, auth mode none only. The sender gets nothing but errors.',
        parameters: { uid: { description: 'numeric user id' } },
        messages: refs(Object.keys(original)),
      },
    },
    operations: {
      receiveFrames: operation('receive', 'v1', Object.keys(fromClient)),
      sendFrames: operation('send', 'v1', Object.keys(fromServer)),
      receiveOriginalFrames: operation('receive', 'original', ['originalSend']),
      sendOriginalMessages: operation('send', 'original', ['originalMessage', 'originalError']),
    },
    components: { messages: { ...fromClient, ...fromServer, ...original } },
  };
}

function messagesOf(frames: readonly (readonly [string, FrameKind])[]): Messages {
  return Object.fromEntries(frames.map(([name, frame]) => [name, messageOf(name, frame)]));
}

function messageOf(name: string, { schema, summary, example }: FrameKind): unknown {
  const payload = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', target: 'draft-7' });
  return { name, summary, contentType: 'application/json', payload, examples: [{ payload: example }] };
}

function refs(names: readonly string[]): Record<string, { $ref: string }> {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/messages/${name}` }]));
}

function operation(action: 'send' | 'receive', channel: string, names: readonly string[]): unknown {
  const messages = names.map((name) => ({ $ref: `#/channels/${channel}/messages/${name}` }));
  return { action, channel: { $ref: `#/channels/${channel}` }, messages };
}

function describeClosing(): string {
  const names = Object.keys(closeCodes) as (keyof typeof closeCodes)[];
  return [
    'Binary frames are not taken. Limits:',
    ...limits.map(({ what, limit, beyond }) => `- ${what}: ${limit}; beyond it: ${beyond}`),
    '',
    `Close codes (4000–${firstFinalCode - 1}: connect again; ${firstFinalCode}–4999: do not):`,
    ...names.map((name) => `- ${closeCodes[name]} ${closings[name].meaning}; ${closings[name].client}`),
  ].join('\n');
}
