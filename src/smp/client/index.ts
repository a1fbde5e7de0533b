export { type CreatedQueue, type NewQueueRequest, SmpClients } from './clients.ts';
export { openConnection, type SmpConnection } from './connection.ts';
export { RESPONSE_TIMEOUT_MS } from './constants.ts';
export { SmpError, type SmpErrorKind } from './errors.ts';
export type { DeliveredMessage, SmpClientsOptions } from './options.ts';
