export { localBus, type SubscriptionBus } from './bus.ts';
export { MAX_CONNECTIONS, QUEUE_QUOTA } from './constants.ts';
export type { QueuePolicy } from './context.ts';
export { type SmpServerOptions, SmpServerRunner } from './server.ts';
export * from './store/index.ts';
