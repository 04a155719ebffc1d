import sharedPb from '@eventstore/db-client/generated/shared_pb.js';
import streamsPb from '@eventstore/db-client/generated/streams_pb.js';
import type { ReadReq } from '@eventstore/db-client/generated/streams_pb.js';
import type { ReadStreamOptions } from '../event-store.ts';
import { ownPrefixes } from '../own-streams.ts';

/**
 * Reads and subscriptions in EventStoreDB's protocol. Beside db-client's methods because those cannot filter a read,
 * tell that a subscription has caught up before they hand out the events that come first, and cost a quarter more.
 */

/** Events that the server may pass over before it lets go of its reader thread. */
const searchWindow = 1_000;

export function streamRequest(stream: string, { direction, fromRevision, maxCount }: ReadStreamOptions): ReadReq {
  const identifier = new sharedPb.StreamIdentifier();
  identifier.setStreamName(Buffer.from(stream));
  const place = new streamsPb.ReadReq.Options.StreamOptions();
  place.setStreamIdentifier(identifier);
  if (fromRevision !== undefined) place.setRevision(String(fromRevision));
  else if (direction === 'forwards') place.setStart(new sharedPb.Empty());
  else place.setEnd(new sharedPb.Empty());
  const options = readOptions(direction);
  options.setStream(place);
  options.setCount(String(maxCount));
  options.setNoFilter(new sharedPb.Empty());
  return requestOf(options);
}

/** The newest event of our own streams. */
export function newestRequest(): ReadReq {
  const all = new streamsPb.ReadReq.Options.AllOptions();
  all.setEnd(new sharedPb.Empty());
  const expression = new streamsPb.ReadReq.Options.FilterOptions.Expression();
  expression.setPrefixList([...ownPrefixes]);
  const options = readOptions('backwards');
  options.setAll(all);
  options.setCount('1');
  options.setFilter(streamFilter(expression));
  return requestOf(options);
}

/** Everything after a position, without end. */
export function subscriptionRequest(after: number, prefixes: readonly string[]): ReadReq {
  const all = new streamsPb.ReadReq.Options.AllOptions();
  if (after === 0) all.setStart(new sharedPb.Empty());
  else {
    const position = new streamsPb.ReadReq.Options.Position();
    position.setCommitPosition(String(after));
    position.setPreparePosition(String(after));
    all.setPosition(position);
  }
  const expression = new streamsPb.ReadReq.Options.FilterOptions.Expression();
  expression.setPrefixList([...prefixes]);
  const options = readOptions('forwards');
  options.setAll(all);
  options.setSubscription(new streamsPb.ReadReq.Options.SubscriptionOptions());
  options.setFilter(streamFilter(expression));
  return requestOf(options);
}

function readOptions(direction: ReadStreamOptions['direction']): ReadReq.Options {
  const { FORWARDS, BACKWARDS } = streamsPb.ReadReq.Options.ReadDirection;
  const options = new streamsPb.ReadReq.Options();
  options.setReadDirection(direction === 'forwards' ? FORWARDS : BACKWARDS);
  const uuid = new streamsPb.ReadReq.Options.UUIDOption();
  uuid.setString(new sharedPb.Empty());
  options.setUuidOption(uuid);
  return options;
}

function streamFilter(expression: ReadReq.Options.FilterOptions.Expression): ReadReq.Options.FilterOptions {
  const filter = new streamsPb.ReadReq.Options.FilterOptions();
  filter.setStreamIdentifier(expression);
  filter.setMax(searchWindow);
  filter.setCheckpointintervalmultiplier(1);
  return filter;
}

function requestOf(options: ReadReq.Options): ReadReq {
  const request = new streamsPb.ReadReq();
  request.setOptions(options);
  return request;
}
