/** How tones look: grey is normal, colour is abnormal; blue and orange. */
import type { Glyphs, Tone } from './types.ts';

/** Text properties of a tone. */
export interface Style {
  readonly color?: string;
  readonly bold?: boolean;
  readonly dimColor?: boolean;
  readonly inverse?: boolean;
}

/** Looks and characters of one terminal. */
export interface Theme {
  readonly styles: Readonly<Record<Tone, Style>>;
  readonly glyphs: Glyphs;
}

const blue = 'ansi256(39)';
const orange = 'ansi256(208)';

const colours: Readonly<Record<Tone, Style>> = {
  normal: {},
  quiet: { dimColor: true },
  note: { color: blue },
  warn: { color: orange },
  alarm: { color: orange, bold: true, inverse: true },
  selected: { inverse: true },
};

/** Without colour, weight and inversion still tell; every state is a word as well. */
const monochrome: Readonly<Record<Tone, Style>> = {
  normal: {},
  quiet: { dimColor: true },
  note: {},
  warn: { bold: true },
  alarm: { bold: true, inverse: true },
  selected: { inverse: true },
};

const bare: Readonly<Record<Tone, Style>> = {
  normal: {},
  quiet: {},
  note: {},
  warn: {},
  alarm: {},
  selected: {},
};

/** Variables of the environment that change the looks. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Chooses the looks: NO_COLOR, TERM=dumb, GRINDER_ASCII and a locale without UTF-8 are honoured, and flags before them. */
export function themeOf(
  env: Environment,
  flags: { readonly ascii?: boolean; readonly noColor?: boolean },
): Theme {
  const dumb = env['TERM'] === 'dumb';
  const ascii = (flags.ascii ?? false) || dumb || truthy(env['GRINDER_ASCII']) || !isUtf8(env);
  const plain = (flags.noColor ?? false) || (env['NO_COLOR'] ?? '') !== '';
  return {
    styles: dumb ? bare : plain ? monochrome : colours,
    glyphs: { ascii, ellipsis: ascii ? '~' : '…' },
  };
}

const truthy = (value: string | undefined): boolean => /^(1|true|yes)$/i.test(value ?? '');

/** First set variable wins, as in setlocale(3). */
function isUtf8(env: Environment): boolean {
  const locale = [env['LC_ALL'], env['LC_CTYPE'], env['LANG']].find((value) => (value ?? '') !== '') ?? '';
  return /utf-?8/i.test(locale);
}
