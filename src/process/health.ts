import type { Gateway } from '../gateway/gateway.ts';
import type { ProjectorThread } from '../projections/projector-thread.ts';
import type { HealthReport } from '../queries/context.ts';
import type { StoreWatch } from './store-watch.ts';

export interface HealthDeps {
  readonly gateway: Gateway | undefined;
  readonly projector: ProjectorThread | undefined;
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

/** Whether this process can do all of its work now. */
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
  if (projector !== undefined) checks['projection'] = projectionHealth(projector, startPosition);
  return { ready: Object.values(checks).every(({ ok }) => ok), checks };
}

function faultless(fault: string | undefined): Check {
  return fault === undefined ? { ok: true } : { ok: false, detail: fault };
}

function reached(position: number, startPosition: number): Check {
  return position >= startPosition
    ? { ok: true }
    : { ok: false, detail: `at position ${position} of ${startPosition}` };
}

function projectionHealth({ state, progress }: ProjectorThread, startPosition: number): Check {
  if (state.kind === 'standby') return { ok: true, detail: `standby: ${state.reason}` };
  if (state.kind === 'failed' || state.kind === 'retrying') {
    return { ok: false, detail: `${state.kind}: ${state.reason}` };
  }
  return reached(progress.position, startPosition);
}
