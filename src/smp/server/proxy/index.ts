export {
  ATTEMPTS_SHARE,
  CLIENT_CONCURRENCY,
  MAX_RELAYS,
  MAX_RELAYS_PER_ADDRESS,
} from './constants.ts';
export { RelayProxy, type RelayProxyOptions } from './proxy.ts';
