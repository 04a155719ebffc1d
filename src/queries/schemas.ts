import { z } from 'zod';
import type { Authenticator } from '../auth/authenticator.ts';
import { userIdSchema } from '../domain/user/user.ts';
import { errorCodes } from '../protocol/error-codes.ts';
import type { ErrorCode } from '../protocol/error-codes.ts';
import { defaultPageItems, maxPageItems } from '../protocol/limits.ts';
import { minPositionHeader, positionHeader } from './context.ts';
import { problemExample, problemSchema, problemType, unreadBodies } from './problem.ts';
import type { Problem } from './problem.ts';

/*
 * Shapes that several routes share. Schemas of answers describe and type them; they are not run over every row at run
 * time (api.ts tells why).
 */

/** A parameter that is a whole number from `min` to `max`. What is none, a repeated parameter too, is left and refused. */
export function integerParameter(min: number, max = Number.MAX_SAFE_INTEGER) {
  const error = `must be a whole number from ${min} to ${max}`;
  return z.preprocess(
    (text) => (typeof text === 'string' && /^[0-9]{1,16}$/.test(text) ? Number(text) : text),
    z.int({ error, abort: true }).min(min, { error }).max(max, { error }),
  );
}

export const pageLimit = integerParameter(1, maxPageItems)
  .default(defaultPageItems)
  .describe('Most items in the answer');

/**
 * What is offered to those who try a route: it succeeds as it is, with the demo users. Not by `examples`, which zod leaves
 * out where a schema transforms.
 */
export const offer = (value: unknown) => ({ 'x-examples': { offer: { value } } });

const userIdDescription = '1 to 64 characters of A-Z a-z 0-9 . _ -';

/** A user id in a body. */
export const userIdField = userIdSchema.meta({
  description: `${userIdDescription}; a number is read as its decimal text`,
});

/** A user id in a path or a query, which are always text. */
export function userIdParameter(description: string, example?: string) {
  return userIdSchema.meta({
    description: `${description}: ${userIdDescription}`,
    type: 'string',
    anyOf: undefined,
    ...(example !== undefined && offer(example)),
  });
}

/** Any text: what is no conversation id is answered as a conversation that is not there. */
export const conversationIdParameter = z.object({
  id: z.string().meta({ description: 'A conversation id', ...offer('dm~1001~1002') }),
});

/** A seq, or 0 where there is none. */
export const seqSchema = z.int().nonnegative().describe('Place of a message in its conversation: 1, 2, 3 …; 0: none');

export const userSchema = z
  .object({
    id: z.string(),
    username: z.string(),
    avatar: z.string().nullable().describe('URL or path of a picture'),
  })
  .meta({ id: 'User', description: 'A registered user' });

const positionError = `must be a value of ${positionHeader}`;

/** Header that makes a query wait for what a command has done. */
export const queryHeaders = z.object({
  [minPositionHeader.toLowerCase() as 'weiliao-min-position']: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/, positionError)
    .optional()
    .describe(`A value of ${positionHeader}: answered from a read model that has reached it, or 503 after 2 s`),
});

const positionHeaders = {
  [positionHeader]: { type: 'string', description: `How far the log is, for ${minPositionHeader}` },
};

/** A successful answer, as a route's `response` lists it. */
export function answer<T extends z.ZodType>(description: string, schema: T) {
  return { description, content: { 'application/json': { schema } } };
}

/** A successful answer to a command: it tells the log position. */
export function commandAnswer<T extends z.ZodType>(description: string, schema: T) {
  return { ...answer(description, schema), headers: positionHeaders };
}

/** The same where something was made: the header says where it is. */
export function createdAnswer<T extends z.ZodType>(description: string, schema: T) {
  const location = { type: 'string', description: 'Where it is: a path, `BASE_PATH` and all' };
  return { ...answer(description, schema), headers: { ...positionHeaders, Location: location } };
}

/** The same without a body: 204. */
export function emptyCommandAnswer(description: string) {
  return Object.assign(z.null().describe(description), { headers: positionHeaders });
}

interface ProblemAnswer {
  readonly description: string;
  readonly content: {
    readonly [problemType]: { readonly schema: typeof problemSchema; readonly examples: Record<string, unknown> };
  };
  readonly headers?: Record<string, unknown>;
}

const problemHeaders: Readonly<Record<number, Record<string, unknown>>> = {
  401: { 'WWW-Authenticate': { type: 'string', description: 'How to authenticate' } },
  429: { 'Retry-After': { type: 'string', description: 'Seconds' } },
  503: { 'Retry-After': { type: 'string', description: 'Seconds' } },
};

/** What every route may answer with: bad input, callers from elsewhere or without measure, and what nobody foresaw. */
const everywhere: readonly ErrorCode[] = ['BAD_FRAME', 'FORBIDDEN', 'RATE_LIMITED', 'OVERLOADED', 'INTERNAL'];

/** The problems that a route may answer with, by status. */
export function problems(...codes: readonly ErrorCode[]): Record<number, ProblemAnswer> {
  const listed = [...new Set<ErrorCode>([...codes, ...everywhere])];
  const statuses = new Set(listed.map((code) => errorCodes[code].status));
  return Object.fromEntries(
    [...statuses].map((status) => {
      const codes = listed.filter((code) => errorCodes[code].status === status);
      return [status, problemAnswer(codes.map(problemExample))];
    }),
  );
}

/** An answer that tells one of these problems, all of one status. */
function problemAnswer(told: readonly Problem[]): ProblemAnswer {
  const headers = problemHeaders[told[0]?.status ?? 0];
  const examples = Object.fromEntries(told.map((value) => [value.code, { summary: value.title, value }]));
  return {
    description: told.map(({ code }) => code).join(' or '),
    content: { [problemType]: { schema: problemSchema, examples } },
    ...(headers && { headers }),
  };
}

/** What a route that takes a body may answer with beside: the body is over 64 KiB, or no JSON. */
export const bodyProblems = { 413: problemAnswer([unreadBodies[413]]), 415: problemAnswer([unreadBodies[415]]) };

/** What a route that asks who the caller is may answer with; keys to check tokens with may be out of reach. */
export function callerProblems(mode: Authenticator['mode']): readonly ErrorCode[] {
  return mode === 'jwt' ? ['NOT_AUTHENTICATED', 'STORE_UNAVAILABLE'] : ['NOT_AUTHENTICATED'];
}

/** What every query may answer with while the read model is behind or away. */
export const queryProblems: readonly ErrorCode[] = ['READ_MODEL_BEHIND'];
/** What every command may answer with. */
export const commandProblems: readonly ErrorCode[] = ['OVERLOADED', 'STORE_UNAVAILABLE', 'CONVERSATION_DAMAGED'];
