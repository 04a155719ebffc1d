import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import { droppedLines } from './logger.ts';
import { createReading, createTallies } from './plain-metrics.ts';
import { loopSeconds } from './threads.ts';
import { version } from './version.ts';

/** What tells of the consumers of the log, each by its name. */
function projectionMetrics(registers: Registry[], logPosition: Gauge) {
  const labelNames = ['consumer'] as const;
  const position = new Gauge({
    name: 'weiliao_projection_position',
    help: 'Last applied position.',
    labelNames,
    registers,
  });
  new Gauge({
    name: 'weiliao_projection_lag_events',
    help: 'Positions between the log and what was applied of it.',
    labelNames,
    registers,
    async collect() {
      const [log, applied] = await Promise.all([logPosition.get(), position.get()]);
      for (const { labels, value } of applied.values)
        this.set(labels, Math.max(0, (log.values[0]?.value ?? 0) - value));
    },
  });
  const counter = (name: string, help: string) => new Counter({ name, help, labelNames, registers });
  return {
    projectionPosition: position,
    projectionEvents: counter('weiliao_projection_events_total', 'Events applied.'),
    projectionUnknown: counter(
      'weiliao_projection_unknown_events_total',
      'Events of kinds this program does not know, left aside: a newer program wrote them.',
    ),
    projectionForeign: counter(
      'weiliao_projection_foreign_events_total',
      "Events of streams whose names only look like ours, left aside: another program's.",
    ),
    damagedConversations: new Gauge({
      name: 'weiliao_damaged_conversations',
      help: 'Conversations and users that stand still since an event of theirs cannot be read.',
      registers,
    }),
    projectionFailures: counter(
      'weiliao_projection_failures_total',
      'Batches that could not be applied and were tried again.',
    ),
  };
}

/** What tells of commands and of what they write to the log. */
function writeMetrics(registers: Registry[]) {
  return {
    commands: new Counter({
      name: 'weiliao_commands_total',
      help: 'Commands by kind (send, read, register) and outcome (accepted, duplicate, unchanged, or an error code).',
      labelNames: ['kind', 'outcome'] as const,
      registers,
    }),
    storeIncidents: new Counter({
      name: 'weiliao_event_store_incidents_total',
      help: 'What the EventStoreDB adapter dealt with by itself: retries, timeouts, connections lost and renewed.',
      labelNames: ['kind'] as const,
      registers,
    }),
    appendConflicts: new Counter({
      name: 'weiliao_append_conflicts_total',
      help: 'Appends that found their stream moved on and were decided again.',
      registers,
    }),
    appendSeconds: new Histogram({
      name: 'weiliao_append_seconds',
      help: 'Time of one append until durable.',
      buckets: [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5],
      registers,
    }),
    appendEvents: new Histogram({
      name: 'weiliao_append_events',
      help: 'Events in one append.',
      buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256],
      registers,
    }),
    commitAppends: new Histogram({
      name: 'weiliao_commit_appends',
      help: 'Appends in one transaction of the embedded log (one fsync).',
      buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024],
      registers,
    }),
  };
}

/** What tells of the gateway's sockets and of the feed that they are served from. */
function socketMetrics(registers: Registry[]) {
  return {
    feedPosition: new Gauge({
      name: 'weiliao_feed_position',
      help: 'Newest position handed to local sockets.',
      registers,
    }),
    feedLagSeconds: new Histogram({
      name: 'weiliao_feed_lag_seconds',
      help: 'Age of an event when it is handed to local sockets, one sample a batch.',
      buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5],
      registers,
    }),
    feedAside: new Counter({
      name: 'weiliao_feed_aside_events_total',
      help: 'Events not delivered: of kinds this program does not know (unknown), of streams that are not ours (foreign), or of conversations that stand still (damaged).',
      labelNames: ['kind'] as const,
      registers,
    }),
    sockets: new Gauge({
      name: 'weiliao_sockets',
      help: 'Open sockets by kind (v1, original).',
      labelNames: ['kind'] as const,
      registers,
    }),
    framesIn: new Counter({ name: 'weiliao_frames_received_total', help: 'Frames from clients.', registers }),
    framesOut: new Counter({ name: 'weiliao_frames_sent_total', help: 'Frames to clients.', registers }),
    refusals: new Counter({
      name: 'weiliao_refusals_total',
      help: 'Who was turned away, by reason.',
      labelNames: ['reason'] as const,
      registers,
    }),
    fanOut: new Histogram({
      name: 'weiliao_fan_out_sockets',
      help: 'Local sockets that one event went to.',
      buckets: [0, 1, 2, 3, 4, 8, 16, 64, 256],
      registers,
    }),
    closes: new Counter({
      name: 'weiliao_closes_total',
      help: 'Closed sockets by close code.',
      labelNames: ['code'] as const,
      registers,
    }),
  };
}

/** Seconds, from what memory answers to what somebody has given up. */
const seconds = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** What is read when it is asked for, and distributions that are observed often. */
function plainMetrics(registry: Registry) {
  const reading = (name: string, help: string) => createReading(registry, { type: 'gauge', name, help });
  const tallies = (name: string, help: string, ...labelNames: string[]) =>
    createTallies(registry, { name, help, labelNames, buckets: seconds });
  reading('weiliao_build_info', 'Always 1; which version runs, on which Node.').from(() => [
    { labels: { version, node: process.versions.node }, value: 1 },
  ]);
  createReading(registry, {
    type: 'counter',
    name: 'weiliao_loop_active_seconds_total',
    help: 'Time that the event loop of a thread was at work; main: sockets, REST and commands.',
  }).from(loopSeconds);
  createReading(registry, {
    type: 'counter',
    name: 'weiliao_log_lines_dropped_total',
    help: 'Lines of the log that there was no room for: a full disk, or a reader that does not read.',
  }).from(droppedLines);
  return {
    httpSeconds: tallies(
      'weiliao_http_request_seconds',
      'Time from a request to the end of its answer.',
      ...['method', 'route', 'status'],
    ),
    ackSeconds: tallies('weiliao_ack_seconds', 'Time from a frame to its ack.', 'frame'),
    readModelSeconds: tallies('weiliao_read_model_seconds', 'Time of a query of the read model.', 'query'),
    commandsInFlight: reading('weiliao_commands_in_flight', 'Commands without an outcome.'),
    unsentBytes: reading('weiliao_socket_unsent_bytes', 'Unsent bytes of the fullest sockets; place 1: the fullest.'),
    ready: reading('weiliao_ready', '1: /readyz says that this process can serve.'),
    fileBytes: reading('weiliao_file_bytes', 'Sizes of the files of the embedded stores.'),
    diskFreeBytes: reading('weiliao_disk_free_bytes', 'What is left of the disk that holds DATA_DIR.'),
  };
}

/** Everything `/metrics` shows. One object per process, handed to each room; names follow Prometheus' conventions. */
export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const logPosition = new Gauge({
    name: 'weiliao_log_position',
    help: 'Newest position this process knows of.',
    registers,
  });
  return {
    registry,
    ...writeMetrics(registers),
    logPosition,
    ...projectionMetrics(registers, logPosition),
    ...socketMetrics(registers),
    ...plainMetrics(registry),
  };
}

export type Metrics = ReturnType<typeof createMetrics>;
