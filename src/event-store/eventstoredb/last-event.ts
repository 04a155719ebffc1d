import sharedPb from '@eventstore/db-client/generated/shared_pb.js';
import streamsPb from '@eventstore/db-client/generated/streams_pb.js';
import type { ReadReq, ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import { collect } from './collect.ts';
import type { Link } from './links.ts';

/** Events that the server looks at between two messages to us. */
const searchWindow = 1_000;

/**
 * Position of the newest event whose stream is not the server's own, 0 where there is none. The server does the
 * looking: between our newest event and the end of the log may lie months of its statistics. db-client's `readAll`
 * cannot filter, the protocol can.
 */
export async function lastEventPosition(link: Link, withinMs: number): Promise<number> {
  const request = lastEventRequest();
  const [response] = await collect<ReadResp>(
    link,
    ({ connection }) =>
      connection.openStream('readAll', (grpc, metadata, options) => grpc.read(request, metadata, options)),
    { withinMs, most: 1 },
  );
  return Number(response?.getEvent()?.getEvent()?.getCommitPosition() ?? 0);
}

function lastEventRequest(): ReadReq {
  const all = new streamsPb.ReadReq.Options.AllOptions();
  all.setEnd(new sharedPb.Empty());
  const expression = new streamsPb.ReadReq.Options.FilterOptions.Expression();
  expression.setRegex('^[^$]');
  const filter = new streamsPb.ReadReq.Options.FilterOptions();
  filter.setStreamIdentifier(expression);
  filter.setMax(searchWindow);
  filter.setCheckpointintervalmultiplier(1);
  const uuid = new streamsPb.ReadReq.Options.UUIDOption();
  uuid.setString(new sharedPb.Empty());
  const options = new streamsPb.ReadReq.Options();
  options.setAll(all);
  options.setReadDirection(streamsPb.ReadReq.Options.ReadDirection.BACKWARDS);
  options.setCount('1');
  options.setFilter(filter);
  options.setUuidOption(uuid);
  const request = new streamsPb.ReadReq();
  request.setOptions(options);
  return request;
}
