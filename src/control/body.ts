/** Reads a request's body up to a limit, and says why it could not. */
import type { IncomingMessage } from 'node:http';

export const MAX_BODY_BYTES = 64 * 1024;

export type Body =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'too_large' }
  | { readonly kind: 'broken'; readonly why: string };

/**
 * Calls `onBody` exactly once, in the very turn in which the body is complete, over the limit or cut off.
 * `patienceMs` ends the wait for a body that doesn't come.
 */
export function readBody(
  request: IncomingMessage,
  patienceMs: number,
  onBody: (body: Body) => void,
  maxBytes = MAX_BODY_BYTES,
): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  let done = false;
  const end = (body: Body): void => {
    if (done) return;
    done = true;
    clearTimeout(timer);
    onBody(body);
  };
  const timer = setTimeout(
    () => end({ kind: 'broken', why: `the body did not come within ${patienceMs} ms` }),
    patienceMs,
  );
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > maxBytes) end({ kind: 'too_large' });
    else if (!done) chunks.push(chunk);
  });
  request.on('end', () => end({ kind: 'text', text: Buffer.concat(chunks).toString('utf8') }));
  request.on('error', () => end({ kind: 'broken', why: 'the body was cut off' }));
  request.on('close', () => end({ kind: 'broken', why: 'the body was cut off' }));
}
