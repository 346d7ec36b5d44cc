/** Where calls may go. ccxt keeps the exchange's real URLs; only scheme, host and port are replaced, here. */
import type { Environment } from '../engine/types.ts';

/** Hosts that ccxt may name, by environment (ccxt 4.5.84: `urls.api`, `urls.demo`). */
const NAMED: Readonly<Record<Environment, readonly string[]>> = {
  sim: ['fapi.binance.com', 'api.binance.com'],
  testnet: ['demo-fapi.binance.com'],
  mainnet: ['fapi.binance.com', 'api.binance.com'],
};
const TESTNET_HOSTS = ['demo-fapi.binance.com', 'testnet.binancefuture.com'];

/**
 * Makes the map from a URL that ccxt names to the URL that is called; null for a host that isn't expected.
 * Throws when the origin is not one that this environment may talk to.
 */
export function createDestination(
  environment: Environment,
  restUrl: string | null,
): (url: URL) => URL | null {
  const origin = restUrl === null ? null : new URL(restUrl);
  const reason = refuseOrigin(environment, origin);
  if (reason !== null) throw new Error(reason);
  return (url) => {
    if (url.protocol !== 'https:' || url.port !== '' || !NAMED[environment].includes(url.hostname))
      return null;
    if (origin === null) return url;
    const target = new URL(url.pathname + url.search, origin);
    return target.origin === origin.origin ? target : null;
  };
}

function refuseOrigin(environment: Environment, origin: URL | null): string | null {
  if (origin === null)
    return environment === 'sim' ? 'expected the REST address of the simulator, found none' : null;
  const loopback = ['127.0.0.1', '[::1]', 'localhost'].includes(origin.hostname);
  const secure = origin.protocol === 'https:';
  const expected = {
    sim: loopback,
    testnet: loopback || (secure && TESTNET_HOSTS.includes(origin.hostname)),
    mainnet: secure && NAMED.mainnet.includes(origin.hostname),
  };
  return expected[environment] ? null : `expected a REST host of ${environment}, found ${origin.host}`;
}
