import { v5 as uuidv5 } from 'uuid';

/** Namespace of the ids of this system's events: they are UUIDv5, so that a command appended again has the same id. */
const eventNamespace = '0ff76a3b-4a4f-4f0c-9c61-1d0d9d5f0a6e';

/** Id of the `MessageSent` that a sender's client message id leads to in a conversation. */
export function messageSentId(conversation: string, sender: string, clientId: string): string {
  return uuidv5(`${conversation} ${sender} ${clientId}`, eventNamespace);
}

/** Id of the `MessagesRead` that moves a reader's watermark to `seq`: it only grows, so each seq comes once at most. */
export function messagesReadId(conversation: string, reader: string, seq: number): string {
  return uuidv5(`${conversation} ${reader} read ${seq}`, eventNamespace);
}

/** Id of a user's `UserRegistered`. What it says is part of it: another user under the same id is another event. */
export function userRegisteredId(user: { id: string; username: string; avatar: string | null }): string {
  return uuidv5(JSON.stringify([user.id, user.username, user.avatar]), eventNamespace);
}
