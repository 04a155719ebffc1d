import type { Logger } from '../../shared/logger.ts';
import type { ReadModel } from '../read-model.ts';
import { followAsReader, followAsWriter } from './connection.ts';
import type { Connection, Follower } from './connection.ts';
import { isDamage, translate } from './sqlite-errors.ts';

export interface EmbeddedReadModelOptions {
  /** Folder of the files; the writer makes it. */
  readonly dataDir: string;
  /** `write`: the one projector of this folder. `read`: any number, in any thread or process; `apply` then throws. */
  readonly mode: 'write' | 'read';
  readonly log: Logger;
}

/**
 * The read model in SQLite files under `dataDir`. Opening never fails: files are opened at the first call, and again
 * after a failure.
 *
 * Where the writer finds no read model, a damaged one or one of a newer version, it begins another from position 0 and
 * says so in the log. A reader shows an empty read model until there is one.
 */
export function openEmbeddedReadModel({ dataDir, mode, log }: EmbeddedReadModelOptions): ReadModel {
  if (mode === 'read') {
    return {
      ...reads(followAsReader(dataDir, log)),
      apply: () => Promise.reject(new TypeError('this read model was opened to read')),
    };
  }
  const follower = followAsWriter(dataDir, log);
  const answer = answerFrom(follower);
  return {
    ...reads(follower),
    apply: (batch, span) => answer(({ writer }) => writer.apply(batch, span)),
  };
}

type Answer<C> = <T>(use: (connection: C) => T) => Promise<T>;

/** Runs a synchronous use of the connection, its errors in the port's words. */
function answerFrom<C extends Connection>(follower: Follower<C>): Answer<C> {
  // eslint-disable-next-line @typescript-eslint/require-await -- what is thrown becomes the promise's rejection
  return async (use) => {
    try {
      return use(follower.current());
    } catch (error) {
      throw failed(follower, error);
    }
  };
}

/** What the port throws for this error. A connection that failed is opened anew, a damaged file given up. */
function failed<C extends Connection>(follower: Follower<C>, error: unknown): unknown {
  const translated = translate(error);
  if (translated === error) return error;
  try {
    if (isDamage(error)) follower.reportDamage();
    follower.drop();
  } catch {
    // The first error says what is wrong; the next use meets what is left of it.
  }
  return translated;
}

function reads<C extends Connection>(follower: Follower<C>): Omit<ReadModel, 'apply'> {
  const answer = answerFrom(follower);
  return {
    checkpoint: () => answer(({ queries }) => queries.checkpoint()),
    place: () => answer(({ queries }) => queries.place()),
    user: (id) => answer(({ queries }) => queries.user(id)),
    usersById: (ids) => answer(({ queries }) => queries.usersById(ids)),
    users: (query) => answer(({ queries }) => queries.users(query)),
    usersStarting: (text, limit) => answer(({ queries }) => queries.usersStarting(text, limit)),
    conversation: (id) => answer(({ queries }) => queries.conversation(id)),
    membership: (user, conversation) => answer(({ queries }) => queries.membership(user, conversation)),
    conversations: (query) => answer(({ queries }) => queries.conversations(query)),
    conversationsChangedSince: (user, position, limit) =>
      answer(({ queries }) => queries.conversationsChangedSince(user, position, limit)),
    message: (id) => answer(({ queries }) => queries.message(id)),
    newestMessages: (conversations) => answer(({ queries }) => queries.newestMessages(conversations)),
    messages: (query) => answer(({ queries }) => queries.messages(query)),
    messageByClientId: (sender, clientId) => answer(({ queries }) => queries.messageByClientId(sender, clientId)),
    greatestClientId: (sender) => answer(({ queries }) => queries.greatestClientId(sender)),
    damage: (stream) => answer(({ queries }) => queries.damage(stream)),
    damages: (limit) => answer(({ queries }) => queries.damages(limit)),
    // A file that cannot be used is replaced by itself.
    fault: () => Promise.resolve(undefined),
    async *scan(kind) {
      const pages = await answer(({ scans }) => scans.scan(kind));
      for (;;) {
        const page = await answer(() => pages.next());
        if (page.done === true) return;
        yield page.value;
      }
    },
    close() {
      follower.close();
      return Promise.resolve();
    },
  };
}
