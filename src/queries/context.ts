import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { WeiliaoError } from '../shared/errors.ts';
import type { Authenticator } from '../auth/authenticator.ts';
import type { Door } from '../auth/door.ts';
import type { RefusalLog } from '../shared/refusal-log.ts';
import type { Commands } from '../commands/commands.ts';
import type { Config } from '../shared/config.ts';
import type { Logger } from '../shared/logger.ts';
import type { Metrics } from '../shared/metrics.ts';
import type { ReadModelQueries } from '../read-model/read-model.ts';
import type { Rosters } from '../domain/conversation/rosters.ts';
import { positionForm } from '../protocol/wire-position.ts';
import type { WirePositions } from '../protocol/wire-position.ts';
import type { Freshness } from './freshness.ts';
import type { PeerDirectory } from './peer-directory.ts';

/** What `/readyz` answers: ready where every part of the process is. */
export interface HealthReport {
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, { readonly ok: boolean; readonly detail?: string }>>;
}

/** What the REST API is made of. */
export interface ApiDeps {
  readonly config: Pick<Config, 'basePath' | 'door' | 'limits' | 'directory' | 'logRequests'>;
  readonly door: Door;
  readonly tellRefusal: RefusalLog;
  readonly readModel: ReadModelQueries;
  readonly commands: Commands;
  readonly rosters: Rosters;
  readonly authenticator: Authenticator;
  readonly metrics: Pick<Metrics, 'registry' | 'httpSeconds'>;
  readonly logger: Logger;
  /** Log positions as clients see them. */
  readonly positions: Pick<WirePositions, 'encode' | 'decode'>;
  /** Newest log position that this process has shown or acknowledged to the user, 0: none. Queries wait for it a moment. */
  readonly seenBy: (user: string) => number;
  /** Log position that the read model must have reached before anything is answered from it: the log's end at start. */
  readonly floor: () => number;
  readonly health: () => HealthReport;
  /**
   * `operations`: nothing but health, metrics and documentation, for a process without the role `api`. `operator`: these
   * and what only an operator may do, for a listener that nobody else reaches.
   */
  readonly serve: 'everything' | 'operations' | 'operator';
  /** Whether metrics and the details of health are shown here: never where strangers come. */
  readonly showOperations: boolean;
}

/** What each resource is given. */
export interface ApiContext extends ApiDeps {
  readonly freshness: Freshness;
  readonly peers: PeerDirectory;
}

/** Where a command answer says how far the log is; a query sends it back as `Weiliao-Min-Position`. */
export const positionHeader = 'Weiliao-Position';
export const minPositionHeader = 'Weiliao-Min-Position';

/** Tells the client, and this process, which log position the answered command reached. */
export function acknowledge(reply: FastifyReply, context: ApiContext, position: number): void {
  context.freshness.acknowledged(position);
  void reply.header(positionHeader, context.positions.encode(position));
}

/**
 * The position that a query must have reached, as its caller asks. One of another log, or of before a restore, asks for
 * nothing: no answer could ever hold it. Throws `BAD_FRAME` where it never was one.
 */
function askedPosition({ headers }: FastifyRequest, { positions }: ApiContext): number | undefined {
  const asked = headers[minPositionHeader.toLowerCase()];
  if (typeof asked !== 'string') return undefined;
  const told = positions.decode(asked);
  if (told !== undefined || positionForm.test(asked)) return told?.position;
  // A bare number was never given to anybody. It is not looked at, or positions could be found out by trying.
  if (/^[0-9]{1,15}$/.test(asked)) return Number.MAX_SAFE_INTEGER;
  const message = `${minPositionHeader}: must be a value of ${positionHeader}`;
  throw new WeiliaoError('BAD_FRAME', message, { path: minPositionHeader.toLowerCase() });
}

declare module 'fastify' {
  interface FastifyRequest {
    /** The answer holds everything up to this position; undefined where nothing was read. */
    position: number | undefined;
  }
}

/**
 * Waits until the read model has what the users were promised or have seen. False: what is not found may be there in a
 * moment. The answer tells how far the read model was. Throws `BAD_FRAME`, `READ_MODEL_BEHIND`.
 */
export async function reached(
  context: ApiContext,
  request: FastifyRequest,
  ...users: readonly string[]
): Promise<boolean> {
  const { freshness, seenBy } = context;
  const hoped = Math.max(0, ...users.map(seenBy));
  const { met, position } = await freshness.reached({ atLeast: askedPosition(request, context), hoped });
  request.position = position;
  return met;
}

/** Answers of queries tell a lower bound of what they hold: as a cursor, or as `Weiliao-Min-Position`, it goes on there. */
export function tellPositions(app: FastifyInstance, { positions }: Pick<ApiContext, 'positions'>): void {
  app.decorateRequest('position', undefined);
  app.addHook('onSend', ({ position }, reply, ...[payload, done]) => {
    if (position !== undefined && !reply.hasHeader(positionHeader)) {
      void reply.header(positionHeader, positions.encode(position));
    }
    done(null, payload);
  });
}
