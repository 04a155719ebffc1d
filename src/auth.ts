/** Placeholder until the real one is merged. */
export interface Authenticator {
  readonly mode: 'none' | 'jwt';
  verify(token: string): Promise<string>;
}
