/** A measured value. */
export interface Row {
  readonly part: string;
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  /** What the raw echo gave in the same run, where it was measured too. */
  readonly floor?: number;
}

/** What a part of the bench is told. */
export interface PartOptions {
  /** Where the data lies while it runs. */
  readonly folder: string;
  /** Short runs and small numbers. */
  readonly quick: boolean;
  /** Names of the parts whose rows are wanted. */
  readonly wanted: ReadonlySet<string>;
  /** Tells what is going on. */
  say(what: string): void;
}

export type Part = (options: PartOptions) => Promise<Row[]>;
