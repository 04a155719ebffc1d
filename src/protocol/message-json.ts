import { messageId } from '../domain/conversation/conversation-id.ts';
import type { MessageSent } from '../domain/conversation/kinds/message-sent.ts';
import type { UserRef } from '../domain/user/user.ts';

interface Place {
  readonly conversation: string;
  readonly revision: number;
}

/**
 * The fields of a new Message as JSON, without the braces. Messages are most of what a gateway writes, so they are put
 * together by hand: ids consist of characters that JSON takes as they are, and only what people write goes through
 * `JSON.stringify`. Half the time, the same text.
 */
export function messageFields(place: Place, sent: MessageSent): string {
  const { conversation, revision } = place;
  const { clientId, seq, from, to, msg, sendDate } = sent;
  return (
    `"id":"${messageId(conversation, seq)}","clientId":"${clientId}","conversation":"${conversation}",` +
    `"seq":${seq},"revision":${revision},"from":${userJson(from)},"to":${to === null ? 'null' : userJson(to)},` +
    `"msg":${JSON.stringify(msg)},"status":1,"sendDate":${sendDate},"readDate":null`
  );
}

function userJson({ id, username }: UserRef): string {
  return `{"id":"${id}","username":${JSON.stringify(username)}}`;
}
