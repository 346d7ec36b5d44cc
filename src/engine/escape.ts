/** Text from outside, made harmless where it enters. */

/** C0, DEL, C1, bidi and other formats, surrogates, separators, and whatever fonts are told not to show. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/** Printable ASCII: nothing of it is unsafe, and nearly every text is nothing else. */
const PLAIN = /^[ -~]*$/;

/** Escapes every control, bidi, zero-width or invisible character as `\u{hex}`; pure, bounded by `maxLength` characters. */
export function escapeText(text: string, maxLength = 500): string {
  const cut = text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
  if (PLAIN.test(cut)) return cut;
  return cut.replace(UNSAFE, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

/** Escapes the same characters in a finished document, but for its line feeds, as `\uXXXX`: JSON stays what it says. */
export function escapeDocument(text: string): string {
  return text.replace(UNSAFE, (character) =>
    character === '\n'
      ? character
      : [...Array(character.length).keys()]
          .map((index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`)
          .join(''),
  );
}

/** What the exchange accepts as a client order id (USD-M "New Order", read 2026-11). */
export const CLIENT_ORDER_ID = /^[.A-Z:/a-z0-9_-]{1,36}$/;

/** Tells whether an id may be matched and sent as it is; anything else is only ever shown, escaped. */
export function isClientOrderId(text: string): boolean {
  return CLIENT_ORDER_ID.test(text);
}
