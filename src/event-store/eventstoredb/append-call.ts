import type { ClientDuplexStream } from '@grpc/grpc-js';
import { backOff } from '../../shared/back-off.ts';
import { createLinks } from './links.ts';
import type { Links } from './links.ts';
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
  const links = createLinks(url, () => undefined);
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
    leave(exceptionOf(error) === 'not-leader' ? undefined : error);
  }

  /** `error`: the connection is given up too. */
  function leave(error: Error | undefined): void {
    failures += 1;
    call = undefined;
    if (error !== undefined) links.drop(error);
    onLost();
  }

  return {
    heardAt: () => heardAt,
    isOpen: () => call !== undefined,
    open() {
      if (opening || closed) return;
      opening = true;
      // Once it is closed this fails, and is of no matter.
      setTimeout(() => void openBatchAppend(links).then(attach).catch(lose), failures === 0 ? 0 : backOff(failures));
    },
    write: (frame) => void call?.write(frame),
    renew() {
      if (call === undefined) return;
      onIncident({ kind: 'connection-renewed', count: 1, reason: 'appends: no sign of life' });
      leave(new Error('no sign of life'));
    },
    close() {
      closed = true;
      call = undefined;
      links.close();
    },
  };
}

async function openBatchAppend(links: Links): Promise<Call> {
  const { path, requestSerialize, responseDeserialize } = batchAppend;
  return links
    .current()
    .connection.openStream('batchAppend', (grpc, metadata, options) =>
      grpc.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, metadata, options),
    );
}
