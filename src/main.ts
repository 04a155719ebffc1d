import { createAuthenticator } from './auth.ts';
import { createCommands } from './commands/create-commands.ts';
import type { Config } from './config.ts';
import { registerDemoUsers } from './demo-users.ts';
import { OperatorError } from './errors.ts';
import { openEmbeddedEventStore } from './event-store/embedded/embedded-event-store.ts';
import { asyncApiDocument } from './gateway/asyncapi.ts';
import { startGateway } from './gateway/gateway.ts';
import type { Gateway } from './gateway/gateway.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { Logger } from './logger.ts';
import { createMetrics } from './metrics.ts';
import { assertReadModelNotAhead } from './projections/checkpoint.ts';
import { startProjectorThread } from './projections/projector-thread.ts';
import type { ProjectorThread } from './projections/projector-thread.ts';
import { createApi } from './queries/api.ts';
import type { HealthReport } from './queries/context.ts';
import { openEmbeddedReadModel } from './read-model/embedded/embedded-read-model.ts';
import { version } from './version.ts';

export interface RunningServer {
  /** Undefined where the role is not run here. */
  readonly httpPort: number | undefined;
  readonly wsPort: number | undefined;
}

/**
 * Runs the configured roles in this process, on the embedded stores. What is opened is handed to `lifecycle`, which
 * closes it in the reverse order. Rejects with `OperatorError` where something cannot be opened.
 */
export async function startServer(config: Config, logger: Logger, lifecycle: Lifecycle): Promise<RunningServer> {
  const { dataDir, roles } = config;
  const metrics = createMetrics();
  const authenticator = createAuthenticator(config.auth);
  const store = await openEmbeddedEventStore({
    dataDir,
    onFatal(error) {
      logger.fatal({ error }, 'the log is lost');
      void lifecycle.end('the log is lost', 1);
    },
    onCommit: (appends) => metrics.commitAppends.observe(appends),
  });
  lifecycle.defer('event store', () => store.close());

  const readModel = openEmbeddedReadModel({ dataDir, mode: 'read', log: logger });
  lifecycle.defer('read model', () => readModel.close());
  const startPosition = await store.lastPosition();
  await assertReadModelNotAhead(store, readModel);
  const projector = roles.has('projector') ? startProjector(config, store.signal, logger, lifecycle) : undefined;
}
