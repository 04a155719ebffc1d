import type { Commands, MarkReadInput, SendMessageInput } from '../../../src/commands/commands.ts';
import { directConversationId } from '../../../src/domain/conversation/conversation-id.ts';
import { directRosters } from '../../../src/domain/conversation/rosters.ts';
import type { User } from '../../../src/domain/user/user.ts';
import { WeiliaoError } from '../../../src/shared/errors.ts';
import type { MessageDocument } from '../../../src/read-model/documents.ts';
import type { FakeReadModel } from './fake-read-model.ts';

/** Commands that write the documents at once, as if the projection took no time. */
export function createFakeCommands(model: FakeReadModel) {
  const state = {
    /** Thrown by every command. */
    refusal: undefined as Error | undefined,
    /** Names of the commands given. */
    calls: [] as string[],
    /** Users that the log has and the read model has not yet. */
    registeredOnly: new Map<string, User>(),
    now: 1_700_000_000_000,
  };

  function given<T>(name: string, outcome: () => T): Promise<T> {
    state.calls.push(name);
    return Promise.resolve().then(() => {
      if (state.refusal !== undefined) throw state.refusal;
      return outcome();
    });
  }

  function send(input: SendMessageInput) {
    const { user: sender, id: clientId, msg } = input;
    const to = input.to ?? directRosters.directMembers(input.conversation!)?.find((member) => member !== sender);
    if (to === undefined || (input.conversation !== undefined && !model.conversations.has(input.conversation))) {
      throw new WeiliaoError('CONVERSATION_NOT_FOUND', `there is no ${input.conversation}`);
    }
    if (!model.users.has(to)) throw new WeiliaoError('USER_NOT_FOUND', `nobody registered ${to}`);
    const conversation = directConversationId(sender, to);
    const prior = [...model.messages.values()].find(
      ({ from, client_id }) => from.id === sender && client_id === clientId,
    );
    if (prior === undefined) return outcomeOf(append(conversation, input, to), false);
    if (prior.conversation === conversation && prior.msg === msg) return outcomeOf(prior, true);
    throw new WeiliaoError('IDEMPOTENCY_CONFLICT', `id ${clientId} was used before`);
  }

  function append(
    conversation: string,
    { user: sender, id: clientId, msg }: SendMessageInput,
    to: string,
  ): MessageDocument {
    const before = model.conversations.get(conversation);
    const seq = (before?.last_seq ?? 0) + 1;
    const revision = (before?.revision ?? -1) + 1;
    const position = (model.position += 1);
    const send_date = (state.now += 1);
    const from = refOf(sender);
    const message: MessageDocument = {
      ...{ _id: `${conversation}:${seq}`, client_id: clientId, conversation, seq, revision, position },
      ...{ from, to: refOf(to), msg, status: 1, send_date, read_date: null },
    };
    model.messages.set(message._id, message);
    model.conversations.set(conversation, {
      ...{ _id: conversation, last_seq: seq, revision, updated_at: send_date, last_position: position },
    });
    model.join(to, conversation);
    model.join(sender, conversation, { own_seq: seq, greatest_client_id: clientId });
    return message;
  }

  const refOf = (id: string) => ({ id, username: model.users.get(id)?.username ?? id });

  function read({ user: reader, conversation, seq }: MarkReadInput) {
    const document = model.conversations.get(conversation);
    if (document === undefined) throw new WeiliaoError('CONVERSATION_NOT_FOUND', `there is no ${conversation}`);
    if (seq > document.last_seq) throw new WeiliaoError('SEQ_OUT_OF_RANGE', `beyond ${document.last_seq}`);
    const watermark = model.join(reader, conversation).read_seq;
    if (seq <= watermark) return { conversation, seq: watermark, position: 0 };
    const position = (model.position += 1);
    const read_date = state.now;
    for (const [id, message] of model.messages) {
      if (message.conversation !== conversation || message.to?.id !== reader || message.seq > seq) continue;
      if (message.status === 1) model.messages.set(id, { ...message, status: 2, read_date });
    }
    model.join(reader, conversation, { read_seq: seq, read_date });
    const { revision } = document;
    model.conversations.set(conversation, { ...document, last_position: position, revision: revision + 1 });
    return { conversation, seq, position };
  }

  function register(user: User) {
    const there = model.users.get(user.id);
    if (there === undefined) {
      const position = (model.position += 1);
      model.users.set(user.id, { _id: user.id, username: user.username, avatar: user.avatar, position });
      return { user, created: true, position };
    }
    if (there.username === user.username && there.avatar === user.avatar) {
      return { user, created: false, position: there.position };
    }
    throw new WeiliaoError('USER_EXISTS', `user ${user.id} exists with another username or avatar`);
  }

  const commands: Commands = {
    sendMessage: (input) => given('sendMessage', () => send(input)),
    markRead: (input) => given('markRead', () => read(input)),
    registerUser: (user) => given('registerUser', () => register(user)),
    findUser: (id) => given('findUser', () => state.registeredOnly.get(id)),
    writtenBy: () => 0,
    idle: () => Promise.resolve(),
  };
  return Object.assign(state, { commands });
}

function outcomeOf(document: MessageDocument, duplicate: boolean) {
  const { _id: message, conversation, seq, revision, position, send_date: sendDate } = document;
  return { message, conversation, seq, revision, position, sendDate, duplicate };
}
