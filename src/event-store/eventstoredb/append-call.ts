import type { ClientDuplexStream } from '@grpc/grpc-js';
import { backOff } from '../../shared/back-off.ts';
import { connect } from './connection.ts';
import type { Connection } from './connection.ts';
import { batchAppend } from './proto/protocol.ts';
import type { BatchAppendReq, BatchAppendResp, Outgoing } from './proto/protocol.ts';
import type { OnIncident } from './incident.ts';
import { exceptionOf } from './rpc-error.ts';

export interface AppendCallOptions {
  readonly url: string;
  /** A call is open: nothing was written on it yet. */
  onOpen(): void;
  onReply(reply: BatchAppendResp): void;
  /** The call is gone, and what was written on it has no answer any more. It is opened again when asked to. */
  onLost(): void;
  onIncident: OnIncident;
}

/** The one call that appends go out on, over a connection that does nothing else. */
export interface AppendCall {
  /** When the server last showed a sign of life, by the clock of `performance.now`. */
  heardAt(): number;
  isOpen(): boolean;
  /** Opens it where it is not open; after failures, not at once. */
  open(): void;
  /** Only while it is open. */
  write(frame: Outgoing<BatchAppendReq>): void;
  /** Gives the connection up, as one without a sign of life: a new one asks anew who leads. */
  renew(): void;
  close(): void;
}

type Call = ClientDuplexStream<Outgoing<BatchAppendReq>, BatchAppendResp>;

export function createAppendCall(options: AppendCallOptions): AppendCall {
  const { url, onOpen, onReply, onLost, onIncident } = options;
  const connection = createHolder(url);
  let call: Call | undefined;
  let opening = false;
  let closed = false;
  let heardAt = 0;
  let failures = 0;

  function attach(opened: Call): void {
    opening = false;
    if (closed) {
      opened.cancel();
      return;
    }
    call = opened;
    opened.on('data', (reply: BatchAppendResp) => {
      if (call !== opened) return;
      heardAt = performance.now();
      failures = 0;
      onReply(reply);
    });
    opened.on('error', (error) => call === opened && lose(error));
    opened.on('end', () => call === opened && lose(new Error('the server ended the stream')));
    onOpen();
  }

  /** A server that is not the leader names the leader, and db-client remembers it for the next. */
  function lose(error: Error): void {
    opening = false;
    if (closed) return;
    onIncident({ kind: 'connection-lost', count: 1, reason: `appends: ${error.message}` });
    leave(exceptionOf(error) !== 'not-leader');
    onLost();
  }

  function leave(afresh: boolean): void {
    failures += 1;
    call = undefined;
    if (afresh) connection.drop();
  }

  return {
    heardAt: () => heardAt,
    isOpen: () => call !== undefined,
    open() {
      if (opening || closed) return;
      opening = true;
      setTimeout(() => {
        if (!closed) openBatchAppend(connection).then(attach).catch(lose);
      }, pauseAfter(failures));
    },
    write: (frame) => void call?.write(frame),
    renew() {
      if (call === undefined) return;
      onIncident({ kind: 'connection-renewed', count: 1, reason: 'appends: no sign of life' });
      leave(true);
      onLost();
    },
    close() {
      closed = true;
      leave(true);
    },
  };
}

/** Milliseconds. */
function pauseAfter(failures: number): number {
  return failures === 0 ? 0 : backOff(failures);
}

interface Holder {
  /** The connection, made where there is none. Throws `OperatorError` where the connection string cannot be used. */
  get(): Connection;
  drop(): void;
}

function createHolder(url: string): Holder {
  let connection: Connection | undefined;
  return {
    get: () => (connection ??= connect(url)),
    drop() {
      connection?.close();
      connection = undefined;
    },
  };
}

async function openBatchAppend(connection: Holder): Promise<Call> {
  const { path, requestSerialize, responseDeserialize } = batchAppend;
  return connection
    .get()
    .openStream('batchAppend', (grpc, metadata, options) =>
      grpc.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, metadata, options),
    );
}
