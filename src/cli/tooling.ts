/** What the tools beside the server (load generator, stand-in) share with its command line. */
export { directConversationId } from '../domain/conversation/conversation-id.ts';
export { onEndWish } from '../process/end-wish.ts';
export { createLifecycle } from '../process/lifecycle.ts';
export { OperatorError } from '../shared/errors.ts';
export { createLogger } from '../shared/logger.ts';
export type { Logger } from '../shared/logger.ts';
export { version } from '../shared/version.ts';
export { printFault } from './fault.ts';
export { createProgress } from './progress.ts';
export type { Progress } from './progress.ts';
export { runProgram } from './run-program.ts';
