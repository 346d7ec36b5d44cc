/** JSON with sorted keys, at every depth: the text that the audit's lines are hashed as. */

/**
 * Writes a value. Keys that are whole numbers come first, in their order, as in every object of the language; what JSON
 * leaves out is left out.
 */
export function canonical(value: unknown): string {
  return write(value) ?? 'null';
}

/** Null for what JSON leaves out of an object. */
function write(value: unknown): string | null {
  if (typeof value !== 'object' || value === null) return plain(value);
  if ('toJSON' in value) return plain(value, inOrder);
  if (Array.isArray(value)) return `[${value.map((one) => write(one) ?? 'null').join(',')}]`;
  const members: string[] = [];
  for (const [key, inner] of sorted(Object.entries(value))) {
    const text = write(inner);
    if (text !== null) members.push(`${JSON.stringify(key)}:${text}`);
  }
  return `{${members.join(',')}}`;
}

function plain(value: unknown, replacer?: (key: string, inner: unknown) => unknown): string | null {
  const text: string | undefined = JSON.stringify(value, replacer);
  return text ?? null;
}

/** The slow way, for what has a way of its own. */
function inOrder(_key: string, inner: unknown): unknown {
  return typeof inner === 'object' && inner !== null && !Array.isArray(inner)
    ? Object.fromEntries(sorted(Object.entries(inner)))
    : inner;
}

function sorted(entries: readonly (readonly [string, unknown])[]): readonly (readonly [string, unknown])[] {
  const byKey = entries.toSorted(([a], [b]) => (a < b ? -1 : 1));
  return byKey.some(([key]) => startsWithDigit(key)) ? Object.entries(Object.fromEntries(byKey)) : byKey;
}

function startsWithDigit(key: string): boolean {
  const first = key.charCodeAt(0);
  return first >= 0x30 && first <= 0x39;
}
