import type { ClientDuplexStream } from '@grpc/grpc-js';
import streamsGrpc from '@eventstore/db-client/generated/streams_grpc_pb.js';
import type { BatchAppendReq, BatchAppendResp } from '@eventstore/db-client/generated/streams_pb.js';
import { appendFrame, readReply } from './append-frames.ts';
import type { AppendReply } from './append-frames.ts';
import type { AppendOutcome, AppendRequest } from './append-protocol.ts';
import { backOff } from '../../shared/back-off.ts';
import { connect } from './connection.ts';
import type { Connection } from './connection.ts';
import type { OnIncident } from './incident.ts';
import { exceptionOf } from './rpc-error.ts';

export interface AppenderOptions {
  readonly url: string;
  onOutcome(outcome: AppendOutcome): void;
  onIncident: OnIncident;
}

/** Appends over one connection that does nothing else. */
export interface Appender {
  append(appends: readonly AppendRequest[]): void;
  /** Nobody waits for these any more. Where the server gave no sign of life since they went out, it is left. */
  drop(keys: readonly number[]): void;
  close(): void;
}

interface Pending {
  readonly append: AppendRequest;
  /** Transient answers so far. */
  tries: number;
  /** When it last went out; undefined while it waits to. */
  sentAt: number | undefined;
}

type AppendStream = ClientDuplexStream<BatchAppendReq, BatchAppendResp>;

/**
 * Keeps one batch append stream open. What has no answer when it breaks goes out again on the next one, with the same
 * ids at the same revision: the server recognises what it has already. Answers are matched to the frames of this stream
 * alone (db-client matches those of all its clients in one table, and throws where an answer is not in it).
 */
export function createAppender({ url, onOutcome, onIncident }: AppenderOptions): Appender {
  /** By key, in the order they came. */
  const pending = new Map<number, Pending>();
  /** Keys by the correlation of the frame that is out for them. */
  const out = new Map<number, number>();
  let correlation = 0;
  let connection: Connection | undefined;
  let stream: AppendStream | undefined;
  let opening = false;
  let closed = false;
  let heardAt = 0;
  let failures = 0;

  function send(waiting: Pending): void {
    if (stream === undefined) {
      open();
      return;
    }
    correlation += 1;
    out.set(correlation, waiting.append.key);
    waiting.sentAt = performance.now();
    stream.write(appendFrame(waiting.append, correlation));
  }

  function open(): void {
    if (opening || closed) return;
    opening = true;
    setTimeout(() => void openNow(), failures === 0 ? 0 : backOff(failures));
  }

  /** Read anew: TypeScript believes that a variable stays what it was before an await. */
  const isClosed = (): boolean => closed;

  async function openNow(): Promise<void> {
    if (isClosed()) return;
    try {
      connection ??= connect(url);
      const opened = await connection.openStream(streamsGrpc.StreamsClient, 'batchAppend', (grpc, metadata, options) =>
        grpc.batchAppend(metadata, options),
      );
      opening = false;
      if (isClosed()) opened.cancel();
      else attach(opened);
    } catch (error) {
      opening = false;
      lose(error as Error);
    }
  }

  function attach(opened: AppendStream): void {
    stream = opened;
    opened.on('data', (reply: BatchAppendResp) => {
      if (stream !== opened) return;
      heardAt = performance.now();
      failures = 0;
      take(readReply(reply));
    });
    opened.on('error', (error) => stream === opened && lose(error));
    opened.on('end', () => stream === opened && lose(new Error('the server ended the stream')));
    for (const waiting of pending.values()) send(waiting);
  }

  function take({ correlation: answered, answer }: AppendReply): void {
    const key = out.get(answered);
    out.delete(answered);
    const waiting = key === undefined ? undefined : pending.get(key);
    if (key === undefined || waiting === undefined) return;
    if (answer.kind !== 'transient') {
      pending.delete(key);
      onOutcome({ ...answer, key });
      return;
    }
    waiting.tries += 1;
    waiting.sentAt = undefined;
    onIncident({ kind: 'append-retried', count: 1, reason: answer.reason });
    setTimeout(() => {
      if (pending.get(key) === waiting && waiting.sentAt === undefined) send(waiting);
    }, backOff(waiting.tries));
  }

  /** The stream is gone. A server that is not the leader names the leader, and db-client remembers it for the next. */
  function lose(error: Error): void {
    failures += 1;
    onIncident({ kind: 'connection-lost', count: 1, reason: `appends: ${error.message}` });
    reset(exceptionOf(error) !== 'not-leader');
  }

  function reset(afresh: boolean): void {
    stream = undefined;
    out.clear();
    for (const waiting of pending.values()) waiting.sentAt = undefined;
    if (afresh) {
      connection?.close();
      connection = undefined;
    }
    if (pending.size > 0) open();
  }

  return {
    append(appends) {
      for (const append of appends) {
        const waiting: Pending = { append, tries: 0, sentAt: undefined };
        pending.set(append.key, waiting);
        send(waiting);
      }
    },

    drop(keys) {
      let silent = false;
      for (const key of keys) {
        const sentAt = pending.get(key)?.sentAt;
        silent ||= sentAt !== undefined && sentAt > heardAt;
        pending.delete(key);
      }
      // A frozen leader keeps its connections: only by asking afresh does one learn that another leads.
      if (!silent || stream === undefined) return;
      failures += 1;
      onIncident({ kind: 'connection-renewed', count: 1, reason: 'appends: no sign of life' });
      reset(true);
    },

    close() {
      closed = true;
      stream = undefined;
      connection?.close();
    },
  };
}
