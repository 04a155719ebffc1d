import type { Metric, Registry } from 'prom-client';

/* Metrics that cost next to nothing until somebody asks for them. */

interface Described {
  readonly name: string;
  readonly help: string;
}

interface Typed extends Described {
  readonly type: 'counter' | 'gauge' | 'histogram';
}

export interface Sample {
  readonly value: number;
  readonly labels?: Readonly<Record<string, string>>;
}

interface NamedSample extends Sample {
  readonly metricName?: string;
}

type Read = () => readonly NamedSample[] | Promise<readonly NamedSample[]>;

/** A metric that is read when it is asked for. The registry wants no more of one than this. */
function register(registry: Registry, typed: Typed, read: Read): void {
  const metric = {
    ...typed,
    get: async () => ({ ...typed, aggregator: 'sum', values: await read() }),
    reset: () => undefined,
  };
  registry.registerMetric(metric as unknown as Metric);
}

/** What somebody else knows, and is asked for. */
export interface Reading {
  /** Where its values come from, from now on. Until then there are none. */
  from(read: () => number | readonly Sample[] | Promise<readonly Sample[]>): void;
}

export function createReading(registry: Registry, typed: Typed): Reading {
  let source: Parameters<Reading['from']>[0] = () => [];
  register(registry, typed, async () => {
    const read = await source();
    return typeof read === 'number' ? [{ value: read }] : read;
  });
  return { from: (read) => void (source = read) };
}

/** A distribution: no label is looked up where something is observed. */
export class Tally {
  readonly #bounds: readonly number[];
  readonly #counts: Float64Array;
  #sum = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    let at = 0;
    while (at < this.#bounds.length && value > (this.#bounds[at] ?? Infinity)) at += 1;
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    this.#sum += value;
  }

  samples(name: string, labels: Readonly<Record<string, string>>): NamedSample[] {
    let count = 0;
    const buckets = [...this.#bounds, '+Inf'].map((bound, at) => {
      count += this.#counts[at] ?? 0;
      return { metricName: `${name}_bucket`, labels: { ...labels, le: String(bound) }, value: count };
    });
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels, value: this.#sum },
      { metricName: `${name}_count`, labels, value: count },
    ];
  }
}

/** A distribution for each set of labels. */
export interface Tallies {
  /** The values of the labels, in their order. */
  of(...values: readonly string[]): Tally;
}

export interface TalliesOptions extends Described {
  readonly labelNames: readonly string[];
  readonly buckets: readonly number[];
}

export function createTallies(registry: Registry, { labelNames, buckets, ...described }: TalliesOptions): Tallies {
  const all = new Map<string, { readonly labels: Record<string, string>; readonly tally: Tally }>();
  register(registry, { ...described, type: 'histogram' }, () =>
    [...all.values()].flatMap(({ labels, tally }) => tally.samples(described.name, labels)),
  );
  return {
    of(...values) {
      const key = values.join('\n');
      let found = all.get(key);
      if (found === undefined) {
        const labels = Object.fromEntries(labelNames.map((name, at) => [name, values[at] ?? '']));
        found = { labels, tally: new Tally(buckets) };
        all.set(key, found);
      }
      return found.tally;
    },
  };
}
