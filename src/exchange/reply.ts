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

/** JSON, or undefined when it isn't. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
