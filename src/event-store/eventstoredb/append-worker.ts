import { parentPort, workerData } from 'node:worker_threads';
import type { AppendOutcome, AppendThreadReply, AppendThreadRequest, AppendWorkerData } from './append-protocol.ts';
import { createAppender } from './appender.ts';

/**
 * A thread that appends: serialising and gRPC cost more than all else a command does, and a transport error, or one
 * inside db-client, ends here and not in the process.
 */

const port = parentPort;
if (port === null) throw new Error('append-worker runs in a worker thread');
const post = (reply: AppendThreadReply): void => port.postMessage(reply);

let outcomes: AppendOutcome[] = [];

const appender = createAppender({
  ...(workerData as AppendWorkerData),
  onOutcome(outcome) {
    outcomes.push(outcome);
    if (outcomes.length > 1) return;
    // Answers that came in one read of the socket go out as one message.
    setImmediate(() => {
      post({ kind: 'outcomes', outcomes });
      outcomes = [];
    });
  },
  onIncident: (incident) => post({ kind: 'incident', incident }),
});

port.on('message', (request: AppendThreadRequest) => {
  switch (request.kind) {
    case 'append':
      appender.append(request.appends);
      break;
    case 'drop':
      appender.drop(request.keys);
      break;
    case 'close':
      appender.close();
      port.close();
  }
});

post({ kind: 'ready' });
