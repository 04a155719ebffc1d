import type { Gateway } from './gateway/gateway.ts';
import type { ProjectorThread } from './projections/projector-thread.ts';
import type { HealthReport } from './queries/context.ts';

export interface HealthDeps {
  readonly gateway: Gateway | undefined;
  readonly projector: ProjectorThread | undefined;
  /** The log's end when this process started: what the read model must have reached. */
  readonly startPosition: number;
  readonly draining: boolean;
}

/** Whether this process can do all of its work now. */
export function healthOf({ gateway, projector, startPosition, draining }: HealthDeps): HealthReport {
  const checks: Record<string, { ok: boolean; detail?: string }> = {
    process: draining ? { ok: false, detail: 'draining' } : { ok: true },
  };
  if (gateway !== undefined) {
    checks['feed'] = gateway.live() ? { ok: true } : { ok: false, detail: 'the event store is out of reach' };
  }
  if (projector !== undefined) checks['projection'] = projectionHealth(projector, startPosition);
  return { ready: Object.values(checks).every(({ ok }) => ok), checks };
}

function projectionHealth(
  { state, progress }: ProjectorThread,
  startPosition: number,
): { ok: boolean; detail?: string } {
  if (state.kind === 'failed' || state.kind === 'retrying')
    return { ok: false, detail: `${state.kind}: ${state.reason}` };
  if (progress.position >= startPosition) return { ok: true };
  return { ok: false, detail: `at position ${progress.position} of ${startPosition}` };
}
