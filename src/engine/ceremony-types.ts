/** The words of the whole machine: stages and approvals as one (see ceremony-machine.ts). */
import type { Offer, Operator } from './approval.ts';
import type { StageContext, StageEffect, StageEvent, StageState } from './stage-types.ts';
import type { StageNumber } from './types.ts';

/** Everything that decides what may be in force, but for the clocks and the world. */
export interface MachineState {
  readonly stage: StageState;
  /** The open question to operators; null when none is asked. */
  readonly offer: Offer | null;
}

/** What the stage machine needs to know of the moment, and what an approval needs besides. */
export interface MachineContext extends StageContext {
  readonly host: string;
  /** Approvals by different operators that stage 4 asks for. */
  readonly approvals: number;
  readonly leaseMs: number;
  readonly maxExecutions: number;
}

/** What an operator gives along when something is to be raised. */
interface Raise {
  readonly by: Operator;
  /** The settings are still those that the operator saw. */
  readonly seen: boolean;
  /** Why nothing may be raised at all now, such as a daemon on its way out; null for nothing. */
  readonly barred: string | null;
}

/** What an approval stands for, as of now. */
interface Asked {
  /** The phrase typed back; null asks for the code. */
  readonly phrase: string | null;
  /** A code that was never given before. */
  readonly newCode: string;
  readonly digest: string;
}

export type MachineEvent =
  | StageEvent
  | ({
      readonly type: 'raise';
      readonly stage: StageNumber;
      /** Items that are not acknowledged yet. */
      readonly unacknowledged: readonly string[];
      /** The last picture of the exchange is complete. */
      readonly pictured: boolean;
      /** Only to complete what another operator has approved already. */
      readonly secondOnly: boolean;
    } & Raise &
      Asked)
  | ({ readonly type: 'renew' } & Raise & Asked);

export type MachineEffect =
  | StageEffect
  | {
      readonly type: 'approved';
      readonly purpose: Offer['purpose'];
      readonly by: Operator;
      /** Everybody who has approved it, this one last. */
      readonly approvedBy: readonly string[];
      readonly needed: number;
      readonly digest: string;
    }
  | { readonly type: 'requested'; readonly stage: StageNumber; readonly by: string; readonly why: string };

/**
 * What an operator's command came to. `pending`: kept as a request, waiting to be earned. `asked`: the offer was opened.
 * `partly`: approved, and another operator is needed. `refused`: try later; `denied`: not with this phrase or by this operator.
 */
export type Answer =
  | { readonly kind: 'done' }
  | { readonly kind: 'pending' }
  | { readonly kind: 'asked' }
  | { readonly kind: 'partly'; readonly offer: Offer }
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'denied'; readonly why: string };

export interface MachineStep {
  readonly state: MachineState;
  readonly effects: readonly MachineEffect[];
  readonly answer: Answer;
}
