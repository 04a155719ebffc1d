import type { Commands, MarkReadInput, SendMessageInput, UserOutcome } from '../../../src/commands/commands.ts';
import { directConversationId } from '../../../src/domain/conversation/conversation-id.ts';
import { directRosters } from '../../../src/domain/conversation/rosters.ts';
import { decideBlock, decideChange, decideEndSessions, decideRegister } from '../../../src/domain/user/decisions.ts';
import type { UserDecision } from '../../../src/domain/user/decisions.ts';
import { evolveUser } from '../../../src/domain/user/kinds.ts';
import type { User } from '../../../src/domain/user/user.ts';
import type { UserState } from '../../../src/domain/user/user-state.ts';
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
    blocked: new Map<string, UserState['blocked']>(),
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

  /** What the log says of the user: the fakes know no other state of users. */
  function stateOf(id: string): UserState | undefined {
    const user = state.registeredOnly.get(id) ?? model.users.get(id);
    if (user === undefined) return undefined;
    const { username, avatar } = user;
    return { id, username, avatar, blocked: state.blocked.get(id) ?? new Map(), sessionsEnded: 0 };
  }

  function change(id: string, decide: (before: UserState | undefined) => UserDecision): UserOutcome {
    const before = stateOf(id);
    const decision = decide(before);
    if (decision.kind === 'refused') throw new WeiliaoError(decision.code, decision.reason);
    if (decision.kind === 'unchanged') return { user: before!, changed: false, position: 0 };
    const user = evolveUser(before, decision.event)!;
    const position = (model.position += 1);
    model.users.set(id, { _id: id, username: user.username, avatar: user.avatar, position });
    state.blocked.set(id, user.blocked);
    return { user, changed: true, position };
  }

  const commands: Commands = {
    sendMessage: (input) => given('sendMessage', () => send(input)),
    markRead: (input) => given('markRead', () => read(input)),
    registerUser: (user) => given('registerUser', () => change(user.id, (before) => decideRegister(user, before))),
    changeUser: (id, changes) => given('changeUser', () => change(id, (before) => decideChange(id, changes, before))),
    setBlock: (id, user, on) =>
      given('setBlock', () => change(id, (before) => decideBlock(id, { user, on, date: state.now }, before))),
    endSessions: (id) => given('endSessions', () => change(id, (before) => decideEndSessions(id, state.now, before))),
    findUser: (id) => given('findUser', () => stateOf(id)),
    blocksOf: (id) =>
      given('blocksOf', () => ({ blocked: stateOf(id)?.blocked ?? new Map(), position: model.position })),
    sessionsEnded: () => 0,
    onUserEvent: () => undefined,
    writtenBy: () => 0,
    idle: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
  return Object.assign(state, { commands });
}

function outcomeOf(document: MessageDocument, duplicate: boolean) {
  const { _id: message, conversation, seq, revision, position, send_date: sendDate } = document;
  return { message, conversation, seq, revision, position, sendDate, duplicate };
}
