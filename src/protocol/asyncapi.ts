import { z } from 'zod';
import { clientFrames } from './client-frames.ts';
import { closeCodes, closings, firstFinalCode } from './close-codes.ts';
import { limits } from './limits.ts';
import { originalFrames } from './original-frames.ts';
import { serverFrames } from './server-frames.ts';

/** What the document says of one server. */
export interface AsyncApiOptions {
  readonly version: string;
  readonly mode: 'none' | 'jwt' | 'proxy';
  /** In mode proxy. */
  readonly userHeader?: string;
  /** Where its reader has reached it: over TLS or not, host and port, and the path before its own. */
  readonly secure: boolean;
  readonly host: string;
  readonly path: string;
}

interface FrameKind {
  readonly schema: z.ZodType;
  readonly summary: string;
  readonly example: unknown;
}

type Named = readonly (readonly [name: string, frame: FrameKind])[];
type Document = Record<string, unknown>;

const fromClient = clientFrames.map((frame) => [frame.type, frame] as const);
const fromServer = serverFrames.map((frame) => [`${frame.name}Frame`, frame] as const);
const original = Object.entries(originalFrames);

/** The AsyncAPI 3 document of the sockets of a server, made from the schemas that guard them. */
export function asyncApiDocument(options: AsyncApiOptions): Document {
  const { version, mode, secure, host, path } = options;
  const frames: Named = [...fromClient, ...fromServer, ...(mode === 'none' ? original : [])];
  return {
    asyncapi: '3.1.0',
    info: {
      title: 'weiliao gateway',
      version,
      description: describeClosing(),
      contact: { name: 'weiliao', url: 'https://github.com/weiliao/weiliao' },
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
      tags: [{ name: 'sockets', description: 'What is sent as it happens; REST does the rest' }],
    },
    defaultContentType: 'application/json',
    servers: {
      gateway: {
        host,
        protocol: secure ? 'wss' : 'ws',
        ...(path !== '' && { pathname: path }),
        description: 'REST and sockets; those that need no REST may use `WS_PORT`',
      },
    },
    channels: {
      v1: {
        address: '/v1/ws',
        description: 'One JSON object per text frame.',
        messages: refs([...fromClient, ...fromServer].map(([name]) => name)),
      },
      ...(mode === 'none' && { original: originalChannel }),
    },
    operations: { ...operations, ...(mode === 'none' && originalOperations) },
    components: {
      messages: Object.fromEntries(frames.map(([name, frame]) => [name, messageOf(name, frame)])),
      securitySchemes: { user: securityOf(options) },
    },
  };
}

/** How a socket comes to its user. */
function securityOf({ mode, userHeader = '' }: AsyncApiOptions): Document {
  return {
    none: { type: 'apiKey', in: 'user', description: '`hello` names the user, and is taken at its word' },
    jwt: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'In `hello`, as its `token`' },
    proxy: {
      type: 'httpApiKey',
      in: 'header',
      name: userHeader,
      description: 'The user id, in the request for the socket; the proxy in front sets it',
    },
  }[mode];
}

const originalChannel = {
  address: '/ws/{uid}',
  description: 'The socket of the original system. The sender gets nothing but errors.',
  parameters: { uid: { description: 'Numeric user id' } },
  messages: refs(original.map(([name]) => name)),
};

/** Each frame of a client, with what answers it; and what a gateway sends by itself. */
const operations = {
  ...Object.fromEntries(
    clientFrames.map(({ type, summary, answer, replies }) => [
      type,
      {
        ...operation('receive', 'v1', [type]),
        summary,
        description: `Answer: ${answer}.`,
        reply: messagesIn('v1', [...replies.map((name) => `${name}Frame`), 'errorFrame']),
      },
    ]),
  ),
  sendFrames: {
    ...operation('send', 'v1', unasked()),
    summary: 'What happens, and what happened meanwhile',
    description:
      'In the order of the log. After `welcome` what was missed, then `live`, then everything as it happens.',
  },
};

const originalOperations = {
  receiveOriginalFrames: {
    ...operation('receive', 'original', ['originalSend']),
    summary: 'A message to a user',
    description: 'Nothing answers it unless it is refused.',
    reply: messagesIn('original', ['originalError']),
  },
  sendOriginalMessages: {
    ...operation('send', 'original', ['originalMessage']),
    summary: 'A message to this user',
    description: 'As it happens; what was missed is in `GET /message`.',
  },
};

/** Frames of a gateway that answer nothing. */
function unasked(): string[] {
  const answers = new Set<string>([...clientFrames.flatMap(({ replies }) => replies), 'error']);
  return serverFrames.filter(({ name }) => !answers.has(name)).map(({ name }) => `${name}Frame`);
}

const messages = new Map<string, Document>();

/** Made once a frame: documents differ in what is around them. */
function messageOf(name: string, { schema, summary, example }: FrameKind): Document {
  const known = messages.get(name);
  if (known !== undefined) return known;
  const payload = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', target: 'draft-7' });
  const made = { name, summary, contentType: 'application/json', payload, examples: [{ payload: example }] };
  messages.set(name, made);
  return made;
}

function refs(names: readonly string[]): Record<string, { $ref: string }> {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/messages/${name}` }]));
}

function operation(action: 'send' | 'receive', channel: string, names: readonly string[]): Document {
  return { action, ...messagesIn(channel, names), security: [{ $ref: '#/components/securitySchemes/user' }] };
}

function messagesIn(channel: string, names: readonly string[]): Document {
  return {
    channel: { $ref: `#/channels/${channel}` },
    messages: names.map((name) => ({ $ref: `#/channels/${channel}/messages/${name}` })),
  };
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
