import { pino } from 'pino';
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify';
import { createAuthenticator } from '../../../src/auth/authenticator.ts';
import { createDoor } from '../../../src/auth/door.ts';
import type { Auth } from '../../../src/shared/config.ts';
import { createMetrics } from '../../../src/shared/metrics.ts';
import { createApi } from '../../../src/queries/api.ts';
import type { ApiDeps } from '../../../src/queries/context.ts';
import { defaults, tokenRules } from '../../support/settings.ts';
import { createFakeCommands } from './fake-commands.ts';
import { createFakeReadModel } from './fake-read-model.ts';
import { createContractCheck } from './openapi.ts';

const metrics = createMetrics();

export const secret = 'a secret of thirty-two characters';
export const jwt: Auth = tokenRules({ secret });

export interface ApiOverrides extends Partial<ApiDeps> {
  readonly auth?: Auth;
}

/** The API over fakes. Every answer that `call` gets is checked against the OpenAPI document. */
export function startApi({ auth = { mode: 'none' }, ...overrides }: ApiOverrides = {}) {
  const model = createFakeReadModel();
  const writer = createFakeCommands(model);
  const logged: Record<string, unknown>[] = [];
  const refusals: { reason: string; user?: string | undefined; address?: string | undefined }[] = [];
  const config = overrides.config ?? defaults;
  const app: FastifyInstance = createApi({
    readModel: model.queries,
    commands: writer.commands,
    rosters: model.rosters,
    authenticator: createAuthenticator(auth, { error: () => undefined }),
    door: createDoor(config.door),
    tellRefusal: (reason, about) => refusals.push({ reason, ...about }),
    showOperations: true,
    metrics,
    logger: pino(
      { level: 'info', messageKey: 'event', errorKey: 'error' },
      { write: (line: string) => logged.push(JSON.parse(line) as Record<string, unknown>) },
    ),
    positions: {
      encode: String,
      decode: (text) =>
        /^[0-9]{1,15}$/.test(text) ? { position: Number(text), isOf: () => true, holds: true } : undefined,
    },
    seenBy: () => 0,
    floor: () => 0,
    health: () => ({ ready: true, checks: { log: { ok: true } } }),
    serve: 'everything',
    config,
    ...overrides,
  });
  const checkContract = createContractCheck(app, auth.mode);

  async function call(options: InjectOptions): Promise<LightMyRequestResponse> {
    const response = await app.inject(options);
    await checkContract(options, response);
    return response;
  }

  /** Calls as one user, in auth mode none. */
  function as(user: string) {
    const headers = { 'x-user-id': user };
    return {
      get: (url: string, more: Record<string, string> = {}) =>
        call({ method: 'GET', url, headers: { ...headers, ...more } }),
      post: (url: string, payload: object) => call({ method: 'POST', url, headers, payload }),
      put: (url: string, payload: object) => call({ method: 'PUT', url, headers, payload }),
    };
  }

  async function register(...ids: string[]) {
    for (const id of ids) await writer.commands.registerUser({ id, username: `name of ${id}`, avatar: null });
  }

  let sent = 0;
  /** Sends `count` messages and gives the last one's outcome. */
  async function say(user: string, to: string, msg = 'hello', count = 1) {
    for (let i = 1; i < count; i += 1) await say(user, to, msg);
    return writer.commands.sendMessage({ user, to, msg, id: `id-${(sent += 1)}`, correlationId: 'test' });
  }

  return { app, model, writer, logged, refusals, call, as, register, say };
}

export type Api = ReturnType<typeof startApi>;
