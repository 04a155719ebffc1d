/**
 * Read watermarks by user, at one moment. Immutable in what it shows; `moved` gives the next moment at the same cost
 * for two readers and for ten thousand. States of a conversation are a line, so all moments share one map: the moment
 * asked last owns it, and each other one keeps the one entry in which it differs from its neighbour on the way there.
 * To ask an older moment again walks that way back, which happens where a batch was not appended after all.
 */
export class Watermarks implements Iterable<readonly [string, number]> {
  static readonly none = new Watermarks();

  /** Only where this moment owns the map. */
  #map: Map<string, number> | undefined;
  /** How this moment differs from the one nearer to the map. */
  #difference: Difference | undefined;

  /** The user's watermark; undefined where it is not known. */
  get(user: string): number | undefined {
    return this.#owned()?.get(user);
  }

  /** The moment after this one: with this watermark for the user. */
  moved(user: string, seq: number): Watermarks {
    const next = new Watermarks();
    const map = this.#owned();
    if (map === undefined) {
      next.#map = new Map([[user, seq]]);
      return next;
    }
    this.#handTo(next, map, { user, seq });
    return next;
  }

  *[Symbol.iterator](): Iterator<readonly [string, number]> {
    yield* [...(this.#owned() ?? [])];
  }

  /** Gives the map to a neighbour, in which one entry differs. */
  #handTo(neighbour: Watermarks, map: Map<string, number>, { user, seq }: Entry): void {
    this.#difference = { user, seq: map.get(user), nearer: neighbour };
    this.#map = undefined;
    neighbour.#difference = undefined;
    neighbour.#map = map;
    if (seq === undefined) map.delete(user);
    else map.set(user, seq);
  }

  /** The map as it is at this moment; undefined only for `none`. */
  #owned(): Map<string, number> | undefined {
    if (this.#difference === undefined) return this.#map;
    const way = this.#wayToMap();
    let owner = way.pop();
    for (let older = way.pop(); owner !== undefined && older !== undefined; older = way.pop()) {
      owner.#handBackTo(older);
      owner = older;
    }
    return this.#map;
  }

  #handBackTo(older: Watermarks): void {
    const map = this.#map;
    const difference = older.#difference;
    if (map !== undefined && difference !== undefined) this.#handTo(older, map, difference);
  }

  /** From this moment to the one that owns the map, both included. */
  #wayToMap(): Watermarks[] {
    const way: Watermarks[] = [this];
    for (let next = this.#difference?.nearer; next !== undefined; next = next.#difference?.nearer) way.push(next);
    return way;
  }
}

interface Entry {
  readonly user: string;
  /** Undefined: no entry. */
  readonly seq: number | undefined;
}

interface Difference extends Entry {
  readonly nearer: Watermarks;
}
