/** JSON with sorted keys, at every depth: the text that the audit's lines are hashed as. */

/**
 * Writes a value. Keys that are whole numbers come first, in their order, as in every object of the language; what JSON
 * leaves out is left out.
 */
export function canonical(value: unknown): string {
  return write(value) ?? 'null';
}

/** Writes an object's members alone, without the braces. */
export function canonicalMembers(object: object): string {
  let text = '';
  for (const key of sortedKeys(object)) {
    const inner = write(Reflect.get(object, key));
    if (inner !== null) text += `${text === '' ? '' : ','}${quoted(key)}:${inner}`;
  }
  return text;
}

/** Null for what JSON leaves out of an object. */
function write(value: unknown): string | null {
  if (typeof value === 'string') return quoted(value);
  if (typeof value !== 'object' || value === null) return plain(value);
  if ('toJSON' in value) return plain(value, inOrder);
  if (!Array.isArray(value)) return `{${canonicalMembers(value)}}`;
  return `[${value.map((one) => write(one) ?? 'null').join(',')}]`;
}

function plain(value: unknown, replacer?: (key: string, inner: unknown) => unknown): string | null {
  const text: string | undefined = JSON.stringify(value, replacer);
  return text ?? null;
}

/** Printable ASCII but for quote and backslash: JSON writes it as it is. */
const UNESCAPED = /^[ !#-[\]-~]*$/;

function quoted(text: string): string {
  return UNESCAPED.test(text) ? `"${text}"` : JSON.stringify(text);
}

/** The slow way, for what has a way of its own. */
function inOrder(_key: string, inner: unknown): unknown {
  return typeof inner === 'object' && inner !== null && !Array.isArray(inner)
    ? Object.fromEntries(sortedKeys(inner).map((key) => [key, Reflect.get(inner, key)]))
    : inner;
}

function sortedKeys(object: object): readonly string[] {
  const keys = Object.keys(object);
  // A line that is read back was written in order, and so are most objects in it.
  if (!isSorted(keys)) keys.sort();
  // An object of the language puts whole numbers first.
  return keys.some(startsWithDigit) ? Object.keys(Object.fromEntries(keys.map((key) => [key, 0]))) : keys;
}

function isSorted(keys: readonly string[]): boolean {
  for (let index = 1; index < keys.length; index += 1)
    if ((keys[index - 1] ?? '') > (keys[index] ?? '')) return false;
  return true;
}

function startsWithDigit(key: string): boolean {
  const first = key.charCodeAt(0);
  return first >= 0x30 && first <= 0x39;
}
