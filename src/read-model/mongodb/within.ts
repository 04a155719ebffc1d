import { ReadModelUnavailableError } from '../read-model.ts';
import { translate } from './errors.ts';

/**
 * The driver's answer, its errors in the port's words. Throws `ReadModelUnavailableError` where none came in time: a
 * server that stands still closes no connection, and the driver would wait for its sockets one after the other.
 */
export async function within<T>(milliseconds: number, answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new ReadModelUnavailableError(`MongoDB gave no answer in ${milliseconds} ms`)),
      milliseconds,
    );
  });
  try {
    return await Promise.race([answer, late]);
  } catch (error) {
    throw translate(error);
  } finally {
    clearTimeout(timer);
  }
}
