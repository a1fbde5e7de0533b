export { SmpClients } from './clients.ts';
export { openConnection, type SmpConnection } from './connection.ts';
export { RESPONSE_TIMEOUT_MS } from './constants.ts';
export { SmpError } from './errors.ts';
export type { DeliveredMessage } from './options.ts';
