import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Authenticator } from '../auth/authenticator.ts';
import { allErrorCodes, errorCodes } from '../protocol/error-codes.ts';
import type { ErrorCode } from '../protocol/error-codes.ts';
import { WeiliaoError } from '../shared/errors.ts';
import { EventStoreUnavailableError } from '../event-store/event-store.ts';
import { ReadModelUnavailableError } from '../read-model/read-model.ts';

export const problemType = 'application/problem+json';

/** Seconds in `Retry-After`: overload and a read model that is behind pass quickly. */
const retryAfterSeconds = '1';

/** An RFC 9457 problem. `type` and `title` are the same for every problem of a code; `detail` tells this one. */
export const problemSchema = z
  .object({
    type: z.string().describe('URN of the kind of problem, one per code'),
    title: z.string().describe('The kind of problem in words'),
    status: z.int().min(400).max(599).describe('The HTTP status'),
    detail: z.string().describe('What is wrong with this request'),
    code: z.enum(allErrorCodes).describe('The kind of problem, as on the WebSocket'),
    errors: z
      .array(z.object({ path: z.string(), message: z.string() }))
      .optional()
      .describe('Each field that is wrong; `body` where it is the body as a whole'),
  })
  .meta({ id: 'Problem', description: 'What every error looks like (RFC 9457)' });

export type Problem = z.infer<typeof problemSchema>;

/** A body that is not what its content type says. */
export class BadBodyError extends WeiliaoError {
  readonly status: number;

  constructor(message: string, status = 400) {
    super('BAD_FRAME', message);
    this.status = status;
    this.name = 'BadBodyError';
  }
}

interface ProblemOptions {
  readonly status?: number;
  readonly errors?: NonNullable<Problem['errors']>;
}

function problem(code: ErrorCode, detail: string, { status, errors }: ProblemOptions = {}): Problem {
  const kind = errorCodes[code];
  return {
    type: `urn:weiliao:problem:${code.toLowerCase().replaceAll('_', '-')}`,
    title: kind.title,
    status: status ?? kind.status,
    detail,
    code,
    ...(errors && { errors }),
  };
}

/** A problem of this code as it may look. */
export function problemExample(code: ErrorCode): Problem {
  const { example } = errorCodes[code];
  const [, path, message] = /^([a-z]+): (.*)$/.exec(example) ?? [];
  return problem(code, example, path === undefined || message === undefined ? {} : { errors: [{ path, message }] });
}

/** Bodies that are not read at all, by status. */
export const unreadBodies = {
  413: bodyProblem('Request body is too large', 413),
  415: bodyProblem('Unsupported Media Type', 415),
};

export const notFound = problem('NOT_FOUND', 'there is nothing at this address');

export const notThereYet = problem('STORE_UNAVAILABLE', 'this process is starting and waits for its stores');

export const wrongMethod = problem('BAD_FRAME', 'this address does not take this method: Allow names those it does', {
  status: 405,
});

export const upgradeRequired = problem(
  'BAD_FRAME',
  'this is the address of a socket: open it as a WebSocket. A proxy in front must pass on Upgrade and Connection, over HTTP/1.1',
  { status: 426 },
);

/** One text for a conversation that is not there, is not the asker's or has no possible id: nobody can tell which. */
const conversationNotFound = problem('CONVERSATION_NOT_FOUND', 'conversation not found');

/** Whatever was thrown, as what the client is told. Nothing of an unexpected error gets out. */
function problemOf(error: unknown): Problem {
  if (error instanceof BadBodyError) return bodyProblem(error.message, error.status);
  if (error instanceof WeiliaoError) {
    if (error.code === 'CONVERSATION_NOT_FOUND') return conversationNotFound;
    if (error.code === 'INTERNAL') return internal;
    const { code, message, path } = error;
    return problem(code, message, path === undefined ? {} : { errors: [{ path, message }] });
  }
  if (error instanceof ReadModelUnavailableError) {
    return problem('READ_MODEL_BEHIND', 'the read model does not answer now');
  }
  if (error instanceof EventStoreUnavailableError) {
    return problem('STORE_UNAVAILABLE', 'the event store does not answer now');
  }
  return isHttpError(error) ? problemOfHttp(error) : internal;
}

const internal = problem('INTERNAL', 'internal error, logged by the server');

/** An error of the framework or of one of its plugins: all of them have a status, not all of them a code. */
type HttpError = Partial<FastifyError> & { readonly statusCode: number };

function isHttpError(error: unknown): error is HttpError {
  return error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number';
}

/** Refusals of the framework itself: input against its schema, a body that cannot be read, a path that cannot be. */
function problemOfHttp(error: HttpError): Problem {
  const { validation, statusCode: status, code = '', message } = error;
  if (validation !== undefined) return problemOfInput(validation, error.validationContext);
  if (status < 400 || status >= 500) return internal;
  if (status === 403 || status === 404) return notFound;
  // The framework's own words are safe to show, those of a stream or a socket are not known to be.
  const detail = message !== undefined && code.startsWith('FST_') ? message : 'the request cannot be read';
  return code.startsWith('FST_ERR_CTP_') ? bodyProblem(detail, status) : problem('BAD_FRAME', detail, { status });
}

/** Input against its schema. The part of the request is named where the fault has no path of its own. */
function problemOfInput(faults: NonNullable<HttpError['validation']>, part = ''): Problem {
  const context = contexts[part] ?? 'request';
  const errors = faults.map(({ instancePath, message = 'is not valid' }) => ({
    path: instancePath.slice(1).replaceAll('/', '.') || context,
    message,
  }));
  return problem('BAD_FRAME', errors.map(({ path, message }) => `${path}: ${message}`).join('; '), { errors });
}

function bodyProblem(detail: string, status = 400): Problem {
  return problem('BAD_FRAME', detail, { status, errors: [{ path: 'body', message: detail }] });
}

const contexts: Readonly<Record<string, string>> = {
  body: 'body',
  querystring: 'query',
  params: 'path',
  headers: 'headers',
};

export function sendProblem(reply: FastifyReply, told: Problem, mode: Authenticator['mode']): void {
  if (told.status === 401) void reply.header('WWW-Authenticate', challenges[mode]);
  if ((told.status === 429 || told.status === 503) && !reply.hasHeader('Retry-After')) {
    void reply.header('Retry-After', retryAfterSeconds);
  }
  // A serializer of its own keeps the media type bare: problem+json has no charset parameter.
  void reply
    .code(told.status)
    .serializer((payload: unknown) => JSON.stringify(payload))
    .type(problemType)
    .send(told);
}

const challenges = {
  none: 'X-User-Id realm="weiliao"',
  jwt: 'Bearer realm="weiliao"',
  proxy: 'Proxy realm="weiliao"',
} as const;

/** Answers every error of every route. What nobody foresaw is logged, here and only here. */
export function createErrorHandler(mode: Authenticator['mode']) {
  return (error: unknown, request: FastifyRequest, reply: FastifyReply): void => {
    const told = problemOf(error);
    if (told.code === 'INTERNAL') {
      request.log.error(
        { error: unexpected(error), method: request.method, route: request.routeOptions.url },
        'request failed',
      );
    }
    if (error instanceof WeiliaoError && error.retryAfterMs !== undefined) {
      void reply.header('Retry-After', String(Math.ceil(error.retryAfterMs / 1_000)));
    }
    sendProblem(reply, told, mode);
  };
}

function unexpected(error: unknown): unknown {
  return error instanceof WeiliaoError && error.cause !== undefined ? error.cause : error;
}

/** Answers what is no HTTP request at all, for which the framework has no request and no reply. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const status = { ERR_HTTP_REQUEST_TIMEOUT: 408, HPE_HEADER_OVERFLOW: 431 }[error.code ?? ''] ?? 400;
  const body = JSON.stringify(problem('BAD_FRAME', 'the request cannot be read', { status }));
  if (socket.writable) {
    const head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nConnection: close\r\nContent-Type: ${problemType}`;
    socket.write(`${head}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  }
  socket.destroy(error);
}
