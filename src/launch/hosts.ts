import type { PlaceSettings } from './settings.ts';

/** The world the daemon talks to: an embedded or remote simulator, the exchange's testnet, or real money. */
export type Environment = 'sim' | 'testnet' | 'mainnet';

/** The exchange's own hosts, as ccxt 4.5.84 names them for USD-M futures (REST, streams, websocket API), and the one that tells a key's rights. */
export const exchangeHosts: Readonly<Record<Environment, readonly string[]>> = {
  sim: [],
  testnet: [
    'testnet.binancefuture.com',
    'fstream.binancefuture.com',
    'stream.binancefuture.com',
    'demo-fapi.binance.com',
  ],
  mainnet: ['fapi.binance.com', 'fstream.binance.com', 'ws-fapi.binance.com', 'api.binance.com'],
};

/**
 * Lists the `host` or `host:port` entries that the daemon may connect to.
 *
 * The simulator picks a free port, so loopback is open as a whole there and nowhere else. A configured endpoint is
 * added only when it is loopback (never on mainnet) or one of the environment's own hosts; the program refuses others.
 */
export function allowedHosts(environment: Environment, settings: PlaceSettings): readonly string[] {
  const own = environment === 'sim' ? ['127.0.0.1'] : exchangeHosts[environment].map((host) => `${host}:443`);
  const configured = [settings.restEndpoint, settings.wsEndpoint].flatMap((url) =>
    endpointHost(environment, url),
  );
  return [...new Set([...own, ...configured])];
}

/** True for the names and addresses of this machine's loopback interface. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);
}

function endpointHost(environment: Environment, url: string | null): readonly string[] {
  if (url === null || !URL.canParse(url)) return [];
  const { hostname, port, protocol } = new URL(url);
  const permitted = isLoopback(hostname)
    ? environment !== 'mainnet'
    : exchangeHosts[environment].includes(hostname);
  if (!permitted) return [];
  const implied = protocol === 'http:' || protocol === 'ws:' ? '80' : '443';
  return [`${hostname}:${port === '' ? implied : port}`];
}
