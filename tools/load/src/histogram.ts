/** Sub-buckets per power of two: a quantile is off by less than 1 %. */
const precision = 128;
const precisionBits = 7;
const octaves = 32;

export interface Percentiles {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** Counts of times in buckets that grow with the time: fixed memory, one increment a sample. Times are milliseconds. */
export class Histogram {
  readonly #counts = new Float64Array(precision * octaves);
  #count = 0;
  #max = 0;

  get count(): number {
    return this.#count;
  }

  record(ms: number): void {
    const micros = Math.max(0, Math.round(ms * 1000));
    const bucket = bucketOf(Math.min(micros, 2 ** 31 - 1));
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#count += 1;
    if (ms > this.#max) this.#max = ms;
  }

  /** The time that a share `q` of the samples did not exceed; 0 without samples. */
  quantile(q: number): number {
    const wanted = Math.ceil(q * this.#count);
    let seen = 0;
    for (const [bucket, count] of this.#counts.entries()) {
      seen += count;
      if (seen >= wanted && seen > 0) return Math.min(upperEdge(bucket) / 1000, this.#max);
    }
    return this.#max;
  }

  percentiles(): Percentiles {
    return {
      p50: this.quantile(0.5),
      p90: this.quantile(0.9),
      p99: this.quantile(0.99),
      p999: this.quantile(0.999),
      max: this.#max,
    };
  }
}

/** Below 256 µs a bucket a microsecond; above, each power of two has 128 buckets. */
function bucketOf(micros: number): number {
  const shift = Math.max(0, 31 - Math.clz32(micros) - precisionBits);
  return (shift << precisionBits) + (micros >>> shift);
}

function upperEdge(bucket: number): number {
  if (bucket < 2 * precision) return bucket;
  const shift = (bucket >> precisionBits) - 1;
  return ((bucket & (precision - 1)) + precision + 1) * 2 ** shift - 1;
}
