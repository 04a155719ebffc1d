/** A source of chance that gives the same for the same seed (mulberry32). */
export function createChance(seed: number) {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  const one = <T>(values: readonly T[]): T => values[below(values.length)]!;
  return { next, below, one };
}

export type Chance = ReturnType<typeof createChance>;

/** Values that programs stumble over. */
const oddities: readonly unknown[] = [
  ...[null, true, false, 0, -0, -1, 1, 1.5, 2 ** 31, 2 ** 53, 1e308, 5e-324, '', ' ', 'a', '0', '-1', 'null', [], {}],
  ...[
    '\0',
    '\ud800',
    '\udc00\ud800',
    '\ufeff',
    '\u202e',
    '💥'.repeat(100),
    'x'.repeat(8_192),
    'x'.repeat(8_193),
    'é'.repeat(5_000),
  ],
  ...[
    'dm~',
    'dm~~',
    'dm~a~b',
    'dm~b~a',
    'dm~a~a',
    'group~',
    'group~g',
    'dm~a~b~c',
    'user-a',
    'conversation-dm~a~b',
    'dm~a~b:1',
  ],
  ...[
    '__proto__',
    'constructor',
    'toString',
    '../../etc/passwd',
    "'; DROP TABLE append; --",
    '%s%n',
    '${jndi:ldap://x}',
  ],
  ...[
    [[]],
    [null],
    { toString: 1 },
    { length: 3 },
    { type: 'send' },
    Array.from({ length: 200 }, () => 1),
    'AAAAAAAAAAAAAAAAAAAAAA',
    'zzzzzzzzzzzzzzzzzzzzzz',
  ],
];

/** JSON text, now and then with numbers that JSON.stringify would not write. */
function render(value: unknown, chance: Chance): string {
  const text = JSON.stringify(value);
  if (chance.next() < 0.9) return text;
  return text.replace(
    /:(?:-?[0-9.]+|"[^"]*"|null)/,
    `:${chance.one(['1e999', '-0', '1E5', '12345678901234567890', '01', 'NaN', '1.0'])}`,
  );
}

/** The object with something wrong about it. */
export function mutateObject(value: Readonly<Record<string, unknown>>, chance: Chance): Record<string, unknown> {
  const changed: Record<string, unknown> = { ...value };
  for (let count = chance.below(3); count >= 0; count -= 1) {
    const key = chance.one([
      ...Object.keys(value),
      ...['id', 'to', 'type', 'cursor', 'user', 'extra', '__proto__', 'msg', 'seq'],
    ]);
    if (chance.next() < 0.3) Reflect.deleteProperty(changed, key);
    else
      Object.defineProperty(changed, key, {
        value: chance.one(oddities),
        enumerable: true,
        configurable: true,
        writable: true,
      });
  }
  return changed;
}

/** The text with some of its characters lost, doubled, changed or moved. */
export function mutateText(text: string, chance: Chance): string {
  const at = chance.below(text.length + 1);
  const to = at + chance.below(20);
  switch (chance.below(6)) {
    case 0:
      return text.slice(0, at);
    case 1:
      return text.slice(0, at) + text.slice(to);
    case 2:
      return text.slice(0, to) + text.slice(at);
    case 3:
      return text.slice(0, at) + String.fromCharCode(chance.below(0x300)) + text.slice(at + 1);
    case 4:
      return (
        text.slice(0, at) + chance.one(['{', '}', '[', '"', '\\', '\\u0000', ',', ':', '\n', '\u2028']) + text.slice(at)
      );
    default:
      return text.slice(at) + text.slice(0, at);
  }
}

/** A frame that may be good, or nearly so, or not at all. */
export function fuzzFrame(templates: readonly Readonly<Record<string, unknown>>[], chance: Chance): string | Buffer {
  const template = chance.one(templates);
  const dice = chance.next();
  if (dice < 0.15) return JSON.stringify(template);
  if (dice < 0.7) return render(mutateObject(template, chance), chance);
  if (dice < 0.93) return mutateText(render(template, chance), chance);
  if (dice < 0.95) return '['.repeat(1 + chance.below(30_000));
  if (dice < 0.97) return `{"a":`.repeat(chance.below(5_000));
  if (dice < 0.98) return JSON.stringify(template).padEnd(chance.below(100_000));
  if (dice < 0.99) return Buffer.from(Array.from({ length: chance.below(200) }, () => chance.below(256)));
  return JSON.stringify(chance.one(oddities));
}
