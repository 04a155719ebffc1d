import { firstFinalCode } from './frames.ts';

const lastFinalCode = 4999;

/** Whether to come back after a close code. Everything but a final code, a broken connection included, means: do. */
export function mayReconnect(code: number): boolean {
  return code < firstFinalCode || code > lastFinalCode;
}
