import type { Gateway } from '../gateway/gateway.ts';
import { readModelName } from '../projections/consumer.ts';
import type { ConsumerStatus, ProjectorThread } from '../projections/projector-thread.ts';
import type { HealthReport } from '../queries/context.ts';
import type { DamageDocument } from '../read-model/documents.ts';
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
  /** What stands still in the read model. */
  readonly damages: readonly DamageDocument[];
}

interface Check {
  readonly ok: boolean;
  readonly detail?: string;
}

/**
 * Whether this process can do all of its work now. Consumers of the log beside the read model are shown by name, but do
 * not keep anybody from being served: nothing that is served here waits for them.
 */
export function healthOf(deps: HealthDeps): HealthReport {
  const { gateway, projector, watch, reads, startPosition, draining, damages } = deps;
  const checks: Record<string, Check> = {
    process: draining ? { ok: false, detail: 'draining' } : { ok: true },
  };
  if (gateway !== undefined) {
    checks['feed'] = gateway.live() ? { ok: true } : { ok: false, detail: 'the event store is out of reach' };
  }
  if (watch !== undefined) {
    checks['eventStore'] = faultless(watch.logFault);
    checks['readModel'] = faultless(watch.readModelFault);
    // Where the log itself became shorter, more than it holds is not to be had.
    const wanted = Math.min(Math.max(startPosition, watch.reached), watch.logPosition);
    if (reads) checks['freshness'] = reached(watch.projected, wanted);
  }
  const others = standingStill(damages);
  for (const [name, status] of projector?.consumers ?? []) {
    const among = name === readModelName ? checks : others;
    among[`projection:${name}`] = consumerHealth(status, startPosition);
  }
  return { ready: Object.values(checks).every(({ ok }) => ok), checks: { ...checks, ...others } };
}

/** Streams that are named. */
const mostNamed = 10;

/** What stands still keeps nobody else from being served. */
function standingStill(damages: readonly DamageDocument[]): Record<string, Check> {
  if (damages.length === 0) return {};
  const named = damages.slice(0, mostNamed).map(({ _id, revision }) => `${_id} at revision ${revision}`);
  const more = damages.length > mostNamed ? [`and ${damages.length - mostNamed} more`] : [];
  return { damaged: { ok: true, detail: [...named, ...more].join(', ') } };
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
