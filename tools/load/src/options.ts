export interface LoadOptions {
  /** The server's `GET /v1/ws`, `ws:` or `wss:`. */
  readonly url: URL;
  /** Base URL of its REST side: then every conversation's history is checked at the end. */
  readonly httpUrl?: URL | undefined;
  readonly pairs: number;
  /** Messages under way per user (closed loop). */
  readonly window: number;
  /** Messages a second over all pairs (open loop); undefined: closed loop. */
  readonly rate?: number | undefined;
  /** Measured time. */
  readonly seconds: number;
  /** Seconds before the measured time. */
  readonly warmup: number;
  /** Seconds that deliveries and acks may take after the last send. */
  readonly grace: number;
  /** Bytes of each message's text. */
  readonly size: number;
  /** Further connections that only listen. */
  readonly idle: number;
  /** Sockets that are cut a second, over all pairs, and go on from their cursors. 0: none. */
  readonly dropRate?: number | undefined;
  /** User ids are `<prefix>-<number>`. */
  readonly prefix: string;
}

export interface LoadProgress {
  readonly phase: 'connecting' | 'warming up' | 'measuring' | 'settling';
  /** Sockets connected, or seconds gone, of `total`. */
  readonly done: number;
  readonly total: number;
  readonly delivered: number;
}

export interface LoadHooks {
  readonly onProgress?: (progress: LoadProgress) => void;
  /** The measured time begins; what was delivered so far. The next messages wait for it to be done. */
  readonly onMeasure?: (delivered: number) => void;
  /** Ends the run early; the report covers what was run. */
  readonly signal?: AbortSignal;
}
