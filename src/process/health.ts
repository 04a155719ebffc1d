import type { Gateway } from '../gateway/gateway.ts';
import { readModelName } from '../projections/consumer.ts';
import type { ConsumerStatus, ProjectorThread } from '../projections/projector-thread.ts';
import type { HealthReport } from '../queries/context.ts';
import type { StoreWatch } from './store-watch.ts';

export interface HealthDeps {
  readonly gateway: Pick<Gateway, 'live'> | undefined;
  readonly projector: Pick<ProjectorThread, 'consumers'> | undefined;
  /** Where a store is not embedded. */
  readonly watch: StoreWatch | undefined;
  /** Whether this process reads the read model: the api and the gateway do. */
  readonly reads: boolean;
  /** The log's end when this process started: what the read model must have reached. */
  readonly startPosition: number;
  readonly draining: boolean;
}

interface Check {
  readonly ok: boolean;
  readonly detail?: string;
}

/**
 * Whether this process can do all of its work now. Consumers of the log beside the read model are shown by name, but do
 * not keep anybody from being served: nothing that is served here waits for them.
 */
export function healthOf({ gateway, projector, watch, reads, startPosition, draining }: HealthDeps): HealthReport {
  const checks: Record<string, Check> = {
    process: draining ? { ok: false, detail: 'draining' } : { ok: true },
  };
  if (gateway !== undefined) {
    checks['feed'] = gateway.live() ? { ok: true } : { ok: false, detail: 'the event store is out of reach' };
  }
  if (watch !== undefined) {
    checks['eventStore'] = faultless(watch.logFault);
    checks['readModel'] = faultless(watch.readModelFault);
    if (reads) checks['freshness'] = reached(watch.projected, startPosition);
  }
  const others: Record<string, Check> = {};
  for (const [name, status] of projector?.consumers ?? []) {
    const among = name === readModelName ? checks : others;
    among[`projection:${name}`] = consumerHealth(status, startPosition);
  }
  return { ready: Object.values(checks).every(({ ok }) => ok), checks: { ...checks, ...others } };
}

function faultless(fault: string | undefined): Check {
  return fault === undefined ? { ok: true } : { ok: false, detail: fault };
}

function reached(position: number, startPosition: number): Check {
  return position >= startPosition
    ? { ok: true }
    : { ok: false, detail: `at position ${position} of ${startPosition}` };
}

function consumerHealth({ state, progress }: ConsumerStatus, startPosition: number): Check {
  if (state.kind === 'standby') return { ok: true, detail: `standby: ${state.reason}` };
  if (state.kind === 'failed' || state.kind === 'retrying') {
    return { ok: false, detail: `${state.kind}: ${state.reason}` };
  }
  return reached(progress.position, startPosition);
}
