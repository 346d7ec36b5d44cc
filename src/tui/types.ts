/** What the screen knows, shows and asks for. */
import type { CommandBody, CommandName, CommandReply, StatusDocument } from '../control/protocol.ts';

/** How a piece of text is meant; the theme says how that looks. */
export type Tone = 'normal' | 'quiet' | 'note' | 'warn' | 'alarm' | 'selected';

/** A piece of text in one tone. */
export interface Span {
  readonly text: string;
  readonly tone: Tone;
}

/** One line of the screen. */
export type Row = readonly Span[];

/** Two columns of rows; `right` is empty on a narrow terminal. */
export interface Frame {
  readonly left: readonly Row[];
  readonly right: readonly Row[];
}

/** Characters that differ between UTF-8 and ASCII terminals. */
export interface Glyphs {
  readonly ellipsis: string;
  readonly ascii: boolean;
}

/** One of the daemon's commands with its body. */
export type Call = { readonly [N in CommandName]: CallOf<N> }[CommandName];
export interface CallOf<N extends CommandName> {
  readonly name: N;
  readonly body: CommandBody<N>;
}

/** A key after parsing; `char` is one printable character. */
export type KeyPress = { readonly key: 'char'; readonly char: string } | { readonly key: NamedKey };
export type NamedKey =
  | 'enter'
  | 'escape'
  | 'tab'
  | 'backspace'
  | 'up'
  | 'down'
  | 'left'
  | 'right'
  | 'page-up'
  | 'page-down'
  | 'home'
  | 'end'
  | 'ctrl-c'
  | 'ctrl-l'
  /** Text that was pasted: its characters are no keys. */
  | 'paste';

/** A document and the screen's own monotonic time when it came, in ms. */
export interface Received {
  readonly status: StatusDocument;
  readonly atMs: number;
}

export interface Link {
  readonly up: boolean;
  readonly why: string;
  /** Duration of the last round trip; null before the first. */
  readonly latencyMs: number | null;
}

/** What became of the stop key. */
export type Stop =
  | { readonly kind: 'idle' }
  | { readonly kind: 'sent' }
  | {
      readonly kind: 'latched';
      readonly ackMs: number;
      readonly text: string;
      readonly id: string | null;
      /** When the answer came, in ms of the screen's monotonic clock. */
      readonly atMs: number;
    }
  | { readonly kind: 'unacknowledged'; readonly file: string; readonly atMs: number };

/** What every modal has: when it opened and how long it lives, in ms of the screen's monotonic clock. */
interface Timed {
  readonly openedAtMs: number;
  readonly lifeMs: number;
}

export interface RaiseModal extends Timed {
  readonly kind: 'raise';
  readonly title: string;
  readonly lines: readonly string[];
  readonly offset: number;
  readonly focus: 'cancel' | 'confirm';
  readonly confirm: Call;
}

export interface PhraseModal extends Timed {
  readonly kind: 'phrase';
  readonly purpose: 'live' | 'clear';
  readonly title: string;
  readonly lines: readonly string[];
  readonly offset: number;
  readonly phrase: string;
  readonly typed: string;
  readonly problem: string;
  /** When the daemon's code expires; null where there is none. */
  readonly codeEndsAtMs: number | null;
  readonly confirm: Call;
}

export interface QuitModal extends Timed {
  readonly kind: 'quit';
  readonly line: string;
}

/** Something that was asked, or is only looked at. */
export type Modal =
  | RaiseModal
  | PhraseModal
  | QuitModal
  | { readonly kind: 'gate' }
  | { readonly kind: 'log'; readonly offset: number }
  | { readonly kind: 'help' };

export interface Notice {
  readonly text: string;
  readonly tone: Tone;
  readonly atMs: number;
}

/** What doesn't change while the screen is up. */
export interface Setting {
  readonly operator: string;
  readonly readOnly: boolean;
  readonly ownsDaemon: boolean;
  readonly glyphs: Glyphs;
}

/** Everything a frame is drawn from. Times in ms: `nowMs` monotonic, `wallMs` epoch. */
export interface ScreenState {
  readonly setting: Setting;
  readonly nowMs: number;
  readonly wallMs: number;
  readonly ticks: number;
  readonly columns: number;
  readonly rows: number;
  readonly link: Link;
  readonly received: Received | null;
  /** Index of the selected gate; null shows what isn't open. */
  readonly selected: number | null;
  readonly modal: Modal | null;
  readonly stop: Stop;
  readonly notice: Notice | null;
}

/** What happened to the screen. */
export type ScreenEvent =
  | {
      readonly type: 'tick';
      readonly nowMs: number;
      readonly wallMs: number;
      readonly received: Received | null;
    }
  | { readonly type: 'link'; readonly up: boolean; readonly why: string }
  | { readonly type: 'latency'; readonly ms: number }
  | { readonly type: 'resize'; readonly columns: number; readonly rows: number }
  | { readonly type: 'stop'; readonly stop: Stop }
  | { readonly type: 'replied'; readonly label: string; readonly reply: CommandReply; readonly nowMs: number }
  | { readonly type: 'failed'; readonly label: string; readonly why: string; readonly nowMs: number }
  | {
      readonly type: 'confirmation';
      readonly reply: CommandReply;
      readonly digest: string;
      readonly nowMs: number;
    };

/** What a key asks the outside to do. */
export type Effect =
  | { readonly kind: 'command'; readonly call: Call; readonly label: string }
  | { readonly kind: 'ask-live'; readonly digest: string }
  | { readonly kind: 'leave'; readonly how: 'detach' | 'shutdown' }
  | { readonly kind: 'repaint' };

/** The outcome of one key. */
export interface Pressed {
  readonly state: ScreenState;
  readonly effects: readonly Effect[];
}
