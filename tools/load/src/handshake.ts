import { OperatorError } from 'weiliao/tooling';
import type { LoadSocket } from './socket.ts';

/** Milliseconds that a server may take to say `welcome`. */
const timeoutMs = 15_000;

/** From `hello` to `welcome`. */
export class Handshake {
  readonly #user: string;
  readonly #hello: string;
  readonly #welcome: Promise<true>;
  #resolve!: (welcomed: true) => void;
  #reject!: (error: Error) => void;
  #done = false;

  /** `cursor`: where to go on from. */
  constructor(user: string, cursor?: string) {
    this.#user = user;
    // Without a cursor there is none in the text.
    this.#hello = JSON.stringify({ type: 'hello', user, cursor });
    this.#welcome = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#welcome.catch(() => undefined);
  }

  get done(): boolean {
    return this.#done;
  }

  welcomed(): void {
    this.#done = true;
    this.#resolve(true);
  }

  failed(why: string): void {
    this.#reject(new OperatorError(`${this.#user}: ${why}`));
  }

  async run(socket: LoadSocket): Promise<void> {
    const timer = setTimeout(() => this.failed(`no welcome within ${timeoutMs / 1000} s`), timeoutMs);
    try {
      await Promise.race([socket.opened, this.#welcome]);
      socket.queue(this.#hello);
      socket.flush();
      await this.#welcome;
    } finally {
      clearTimeout(timer);
    }
  }
}
