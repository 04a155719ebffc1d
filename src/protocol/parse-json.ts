/**
 * JSON as every door reads it. A byte order mark before it is no part of it, and fields that nobody knows are left aside,
 * whatever they are called: what is read here is picked apart by schemas. Throws `SyntaxError`.
 */
export function parseJson(text: string): unknown {
  return JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
}
