/** Keeps secrets out of everything that leaves the exchange thread. */
import { escapeText } from '../engine/escape.ts';

/** Removes known secrets, whatever looks like a credential parameter, and unsafe characters. */
export interface Scrubber {
  /** Adds a secret learnt later, such as a listen key. */
  readonly learn: (secret: string) => void;
  /** Text that may be shown, logged and sent to another thread; at most 300 characters. */
  readonly clean: (text: string) => string;
}

const MAX_LENGTH = 300;
/** Shorter ones would blank out ordinary words. */
const MIN_SECRET_LENGTH = 6;
const CREDENTIAL = /\b(signature|listenKey|apiKey|X-MBX-APIKEY|secret)(["']?\s*[=:]\s*["']?)[^\s&"',}]+/gi;
/** Listen keys stay valid for an hour; a few suffice to cover old sockets. */
const KEPT = 20;

/** Makes a scrubber that knows these secrets in plain and URL-encoded form. */
export function createScrubber(secrets: readonly string[]): Scrubber {
  const fixed = secrets.flatMap(forms);
  let learnt: readonly string[] = [];
  return {
    learn: (secret) => {
      if (!learnt.includes(secret)) learnt = [...learnt, ...forms(secret)].slice(-KEPT);
    },
    clean: (text) => {
      let clean = text;
      for (const secret of [...fixed, ...learnt]) clean = clean.replaceAll(secret, '[secret]');
      return escapeText(clean.replace(CREDENTIAL, '$1$2[secret]'), MAX_LENGTH);
    },
  };
}

function forms(secret: string): readonly string[] {
  if (secret.length < MIN_SECRET_LENGTH) return [];
  return [...new Set([secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)])];
}
