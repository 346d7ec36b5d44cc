/** How one read of the exchange went, as data. */

/** When a read was made. */
export interface ReadTimes {
  readonly startedMonoMs: number;
  readonly endedMonoMs: number;
  /** The exchange's own time of its reply (epoch, whole seconds), from its Date header; null without one. */
  readonly serverMs: number | null;
}

/** One read of one endpoint and how it ended. */
export interface ReadReport {
  readonly source: 'rest' | 'price';
  /** Endpoint as the exchange names it, such as `openOrders`. */
  readonly endpoint: string;
  readonly symbol: string | null;
  readonly outcome: 'ok' | 'failed' | 'partial' | 'unparsable';
  /** Empty when ok; already escaped. */
  readonly error: string;
  /** When it was made; absent where nothing was asked of the exchange. */
  readonly took?: ReadTimes;
}
