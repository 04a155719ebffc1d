import { z } from 'zod';
import { messageSchema, revisionSchema } from '../protocol/message.ts';
import type { ApiContext } from './context.ts';
import { absent, rosterFor, toMessageFor } from './documents.ts';
import { fitting } from './page.ts';
import { integerParameter, pageLimit, seqSchema } from './schemas.ts';

export const historyQuerySchema = z
  .object({
    limit: pageLimit,
    before: integerParameter(1).optional().describe('Only messages below this seq, newest first'),
    after: integerParameter(0).optional().describe('Only messages above this seq, oldest first'),
    asOf: z.never({ error: 'is not served by this build' }).optional(),
  })
  .check((check) => {
    const { before, after } = check.value;
    if (before === undefined || after === undefined) return;
    for (const path of ['before', 'after']) {
      check.issues.push({
        code: 'custom',
        path: [path],
        message: 'give before or after, not both',
        input: check.value,
      });
    }
  });

export const historySchema = z.object({
  items: z.array(messageSchema),
  lastSeq: seqSchema.describe('Seq of the newest message'),
  revision: revisionSchema.describe('Revision of the newest event that the page may show'),
  next: seqSchema.nullable().describe('`before`, or `after`, of the next page; null where nothing more is there'),
});

export interface HistoryQuery {
  readonly conversation: string;
  readonly reader: string;
  readonly limit: number;
  readonly before?: number | undefined;
  readonly after?: number | undefined;
  /** Resolves when the read model is as fresh as the reader may expect; false where it is not. */
  readonly fresh: () => Promise<boolean>;
}

/** A page of a conversation. Throws `CONVERSATION_NOT_FOUND`, `READ_MODEL_BEHIND`. */
export async function readHistory(
  { readModel, rosters }: Pick<ApiContext, 'readModel' | 'rosters'>,
  { conversation: id, reader, limit, before, after, fresh }: HistoryQuery,
): Promise<z.infer<typeof historySchema>> {
  const roster = await rosterFor(rosters, id, reader);
  const isFresh = await fresh();
  const [conversation, membership] = await Promise.all([
    readModel.conversation(id),
    roster.direct ? undefined : readModel.membership(reader, id),
  ]);
  if (conversation === undefined) throw absent(isFresh);
  const joined = roster.joinedSeq(reader) ?? 0;
  const documents = await readModel.messages({
    conversation: id,
    limit,
    ...(before !== undefined && { before }),
    ...(after !== undefined && { after: Math.max(after, joined) }),
  });
  const shown = documents.filter(({ seq }) => seq > joined).map((document) => toMessageFor(membership, document));
  const items = fitting(shown, (message) => message);
  // The page is read after the conversation, so it may already hold newer messages.
  const ends = [items.at(0), items.at(-1)].filter((message) => message !== undefined);
  const lastSeq = Math.max(conversation.last_seq, ...ends.map(({ seq }) => seq));
  const last = items.at(-1)?.seq;
  const ended = last === undefined || (after === undefined ? last <= joined + 1 : last >= lastSeq);
  return {
    items: [...items],
    lastSeq,
    next: ended ? null : last,
    revision: Math.max(conversation.revision, ...ends.map(({ revision }) => revision)),
  };
}
