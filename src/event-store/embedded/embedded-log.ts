/** What programs beside the server may use of the embedded log. */
export { openEmbeddedEventStore } from './embedded-event-store.ts';
export { createLogReader } from './log-reader.ts';
export type { LogReader } from './log-reader.ts';
export { openLogReader } from './schema.ts';
