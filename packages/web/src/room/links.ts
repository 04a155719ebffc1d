/** A piece of a text: as it is, or to be followed. */
export type Piece = { readonly text: string; readonly href?: string };

/** Addresses that may be followed. They end at spaces, quotes, and the punctuation of Chinese and Japanese texts. */
const address = /https?:\/\/[^\s<>"'`\u2018-\u201d\u3000-\u303f\uff00-\uffef\ufe30-\ufe4f]+/giu;
/** What ends a sentence ends an address too. */
const trailing = /[.,:;!?*_~…]+$/u;
const brackets: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' };

/** The text in pieces. Nothing in it is ever markup. */
export function piecesOf(text: string): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const match of text.matchAll(address)) {
    const found = trimmed(match[0]);
    const href = hrefOf(found);
    if (href === undefined) continue;
    if (match.index > from) pieces.push({ text: text.slice(from, match.index) });
    pieces.push({ text: found, href });
    from = match.index + found.length;
  }
  if (from < text.length) pieces.push({ text: text.slice(from) });
  return pieces;
}

/** Without the end of the sentence around it; brackets stay where they belong to the address. */
function trimmed(found: string): string {
  for (let text = found; ;) {
    const bare = withoutBracket(text.replace(trailing, ''));
    if (bare === text) return text;
    text = bare;
  }
}

function withoutBracket(text: string): string {
  const last = text.at(-1) ?? '';
  const opening = brackets[last];
  if (opening === undefined) return text;
  const count = (character: string): number => text.split(character).length - 1;
  return count(last) > count(opening) ? text.slice(0, -1) : text;
}

function hrefOf(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const { protocol, hostname, href } = new URL(text);
  return (protocol === 'http:' || protocol === 'https:') && hostname !== '' ? href : undefined;
}
