import type { MessageSent } from './kinds/message-sent.ts';

/** A message with its place in the log. */
export interface RecordedMessage {
  readonly conversation: string;
  /** -1 while it is on its way. */
  readonly revision: number;
  readonly position: number;
  /** As it was sent, whatever was done to it since. */
  readonly sent: MessageSent;
}
