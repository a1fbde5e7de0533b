export { type CreatedQueue, type NewQueueRequest, SmpClients } from './clients.ts';
export { SmpError, type SmpErrorKind } from './errors.ts';
export type { DeliveredMessage, SmpClientsOptions } from './options.ts';
