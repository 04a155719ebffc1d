import { setImmediate as turn } from 'node:timers/promises';
import type { ClientReadableStream } from '@grpc/grpc-js';
import { EventStoreUnavailableError, StreamDeletedError } from '../event-store.ts';
import type { RecordedEvent } from '../event-store.ts';
import type { Link } from './links.ts';
import { read } from './proto/protocol.ts';
import { readAnswer } from './read-frames.ts';
import type { ReadAnswer } from './read-frames.ts';
import type { ReadRequest } from './read-request.ts';
import { exceptionOf, isRefusal } from './rpc-error.ts';

/** Starts a read or a subscription. */
export function openRead(link: Link, request: ReadRequest): Promise<ClientReadableStream<ReadAnswer>> {
  const { path, requestSerialize, responseDeserialize } = read;
  const deserialize = (bytes: Buffer): ReadAnswer => readAnswer(responseDeserialize(bytes));
  return link.connection.openStream('read', (grpc, metadata, options) =>
    grpc.makeServerStreamRequest(path, requestSerialize, deserialize, request, metadata, options),
  );
}

export interface CollectOptions {
  readonly withinMs: number;
  /** Reads no further once it has so many. */
  readonly most: number;
}

/**
 * The events of a finite read; none where its stream does not exist. Throws `EventStoreUnavailableError` and `StreamDeletedError`. A
 * transport error, and a server that was silent for the whole time, give up the link too.
 */
export async function collect(link: Link, request: ReadRequest, options: CollectOptions): Promise<RecordedEvent[]> {
  const { withinMs, most } = options;
  // Over a connection that was given up db-client would make another, which nobody closes.
  link.lost.throwIfAborted();
  const askedAt = performance.now();
  const events: RecordedEvent[] = [];
  const late = new AbortController();
  // After what is there already: a busy process sees its timers before what came over the network meanwhile.
  const timer = setTimeout(() => void turn().then(() => late.abort()), withinMs);
  let giveUp = (): void => undefined;
  let call: ClientReadableStream<ReadAnswer> | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      giveUp = () => reject(new Error(`no answer within ${withinMs} ms`));
      for (const over of [late.signal, link.lost]) over.addEventListener('abort', giveUp);
      openRead(link, request).then((opened) => {
        call = opened;
        if (late.signal.aborted || link.lost.aborted) opened.cancel();
        opened.on('data', ({ event }: ReadAnswer) => {
          link.heardAt = performance.now();
          if (event !== undefined && events.length < most) events.push(event);
          if (events.length === most) resolve();
        });
        opened.on('end', resolve);
        opened.on('error', reject);
      }, reject);
    });
    return events;
  } catch (error) {
    if (link.lost.aborted) throw link.lost.reason;
    if (exceptionOf(error as Error) === 'stream-deleted')
      throw new StreamDeletedError(streamOf(request), { cause: error });
    if (late.signal.aborted ? link.heardAt < askedAt : !isRefusal(error as Error)) link.drop(error as Error);
    throw new EventStoreUnavailableError(`the event store cannot be read: ${(error as Error).message}`, {
      cause: error,
    });
  } finally {
    clearTimeout(timer);
    // The link outlives its reads by far: what it held of them would never be let go of.
    link.lost.removeEventListener('abort', giveUp);
    call?.cancel();
  }
}

function streamOf({ options }: ReadRequest): string {
  return Buffer.from(options?.stream?.streamIdentifier?.streamName ?? []).toString();
}
