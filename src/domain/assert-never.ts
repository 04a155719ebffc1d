/** Closes a `switch` over a union: a kind that was forgotten fails to compile. */
export function assertNever(value: never): never {
  throw new Error(`unexpected kind: ${JSON.stringify(value)}`);
}
