/** What came back from one call, as our own fetch wrapper saw it. */

/** A complete reply, or why there is none. `sent` is false only when no byte left. */
export type Reply =
  | {
      readonly kind: 'reply';
      readonly httpStatus: number;
      readonly text: string;
      readonly value: unknown;
      /** The Date header as epoch milliseconds, in whole seconds; null without one. */
      readonly serverMs: number | null;
    }
  | { readonly kind: 'none'; readonly sent: boolean; readonly why: string };

/** The exchange's `{code, msg}`, when the body is one. */
export interface Refusal {
  readonly code: number | null;
  readonly message: string;
}

/** Reads code and message from a body; a body that isn't JSON becomes the message itself. Pure. */
export function readRefusal(text: string): Refusal {
  const body = parseJson(text);
  if (typeof body !== 'object' || body === null) return { code: null, message: text };
  const code = 'code' in body ? Number(body.code) : Number.NaN;
  const message = 'msg' in body && typeof body.msg === 'string' ? body.msg : text;
  return { code: Number.isSafeInteger(code) ? code : null, message };
}

/** JSON, or undefined when it isn't. A whole number beyond what a double holds comes as its digits: real order ids are such. */
export function parseJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return LONG_NUMBER.test(text) ? JSON.parse(text.replace(TOKEN, asDigits)) : value;
  } catch {
    return undefined;
  }
}

const LONG_NUMBER = /\d{16}/;
/** A text, or a number from its first digit to its last. */
const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

function asDigits(token: string): string {
  return /^-?\d{16,}$/.test(token) ? `"${token}"` : token;
}
