export { CLIENT_CONCURRENCY, MAX_RELAYS } from './constants.ts';
export { RelayProxy, type RelayProxyOptions } from './proxy.ts';
