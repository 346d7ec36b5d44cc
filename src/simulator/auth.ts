import { createHmac, timingSafeEqual } from 'node:crypto';
import { missing, refusals } from './rejections.ts';
import type { Rejection } from './types.ts';

/** The one account's key and secret. */
export interface Credentials {
  readonly apiKey: string;
  readonly apiSecret: string;
}

/** A request as it came over the wire; `query` without the question mark, nothing decoded. */
export interface RawRequest {
  readonly query: string;
  readonly body: string;
  readonly apiKey: string | undefined;
}

const DEFAULT_RECV_WINDOW_MS = 5000;
const MAX_RECV_WINDOW_MS = 60_000;
/** A timestamp may be this far ahead of the server. */
const MAX_AHEAD_MS = 1000;

/** Checks the key alone, as for the listenKey endpoints. */
export function refusalOfKey(request: RawRequest, account: Credentials): Rejection | undefined {
  if (request.apiKey === undefined || request.apiKey === '') return refusals.badKeyFormat;
  if (!/^[A-Za-z0-9_-]{1,128}$/.test(request.apiKey)) return refusals.badKeyFormat;
  return request.apiKey === account.apiKey ? undefined : refusals.badKey;
}

/** Checks key, timestamp, window and the HMAC-SHA256 over query and body exactly as they were sent. */
export function refusalOfSignature(
  request: RawRequest,
  account: Credentials,
  serverNowMs: number,
): Rejection | undefined {
  const refusal = refusalOfKey(request, account);
  if (refusal !== undefined) return refusal;
  const params = new URLSearchParams(joinParams(request.query, request.body));
  const signature = params.get('signature');
  if (signature === null || signature === '') return missing('signature');
  const timestamp = Number(params.get('timestamp') ?? Number.NaN);
  if (!Number.isSafeInteger(timestamp)) return missing('timestamp');
  const recvWindow = Number(params.get('recvWindow') ?? DEFAULT_RECV_WINDOW_MS);
  if (!(recvWindow > 0 && recvWindow <= MAX_RECV_WINDOW_MS)) return missing('recvWindow');
  if (!isSignatureRight(request, account.apiSecret, signature)) return refusals.badSignature;
  if (timestamp > serverNowMs + MAX_AHEAD_MS) return refusals.ahead;
  return serverNowMs - timestamp > recvWindow ? refusals.late : undefined;
}

/** Query and body parameters as one form-encoded string. */
export function joinParams(query: string, body: string): string {
  return [query, body].filter((part) => part !== '').join('&');
}

function isSignatureRight(request: RawRequest, secret: string, signature: string): boolean {
  const payload = withoutSignature(request.query) + withoutSignature(request.body);
  const right = createHmac('sha256', secret).update(payload).digest();
  const given = Buffer.from(/^[0-9a-fA-F]{64}$/.test(signature) ? signature : '', 'hex');
  return given.length === right.length && timingSafeEqual(given, right);
}

function withoutSignature(params: string): string {
  return params
    .split('&')
    .filter((pair) => !pair.startsWith('signature='))
    .join('&');
}
