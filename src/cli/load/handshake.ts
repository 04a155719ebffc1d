import { deferred } from '../../client/deferred.ts';
import { OperatorError } from '../../errors.ts';
import type { LoadSocket } from './socket.ts';

/** Milliseconds that a server may take to say `welcome`. */
const timeoutMs = 15_000;

/** From `hello` to `welcome`. */
export class Handshake {
  readonly #user: string;
  readonly #welcome = deferred<true>();
  #done = false;

  constructor(user: string) {
    this.#user = user;
    this.#welcome.promise.catch(() => undefined);
  }

  get done(): boolean {
    return this.#done;
  }

  welcomed(): void {
    this.#done = true;
    this.#welcome.resolve(true);
  }

  failed(why: string): void {
    this.#welcome.reject(new OperatorError(`${this.#user}: ${why}`));
  }

  async run(socket: LoadSocket): Promise<void> {
    const timer = setTimeout(() => this.failed(`no welcome within ${timeoutMs / 1000} s`), timeoutMs);
    try {
      await Promise.race([socket.opened, this.#welcome.promise]);
      socket.queue(`{"type":"hello","user":"${this.#user}"}`);
      socket.flush();
      await this.#welcome.promise;
    } finally {
      clearTimeout(timer);
    }
  }
}
