/** What each call costs of the exchange's weight limit, as the exchange itself counts it. Pure. */

/** Weight a minute and address (USD-M "Limits", read 2026-11). */
export const WEIGHT_LIMIT = 2400;

/** Without and with a symbol (USD-M endpoint pages, read 2026-11); everything else costs 1. */
const WEIGHTS: Readonly<Record<string, readonly [all: number, one: number]>> = {
  openOrders: [40, 1],
  openAlgoOrders: [40, 1],
  premiumIndex: [10, 1],
  positionRisk: [5, 5],
  'positionSide/dual': [30, 30],
};

/** The weight of one call; `endpoint` is the end of its path, such as openOrders. */
export function weightOf(endpoint: string, hasSymbol: boolean): number {
  return WEIGHTS[endpoint]?.[hasSymbol ? 1 : 0] ?? 1;
}

/** The end of a path behind its version: /fapi/v1/positionSide/dual is positionSide/dual. */
export function endpointOf(path: string): string {
  return path.replace(/^\/[^/]+\/v\d+\//, '');
}
