export { type KeptAgingClock, startAging } from './aging.ts';
export {
  MAX_CONNECTIONS,
  MAX_CONNECTIONS_PER_ADDRESS,
  MAX_HANDSHAKES,
  MAX_SUBSCRIPTIONS,
  MAX_WAITING_BYTES,
  QUEUE_QUOTA,
} from './constants.ts';
export type { QueuePolicy } from './context.ts';
export type { ProxyOutcome, ServerObserver } from './observer.ts';
export { type QueueOperator, queueOperator } from './operator.ts';
export type { ProxyClient, ProxyService } from './proxy-service.ts';
export {
  type ServerCertificates,
  type ServerLimits,
  type ServerSettings,
  type SmpServerOptions,
  SmpServerRunner,
} from './server.ts';
export { ServerStatistics, type StatisticsValues } from './statistics.ts';
export * from './store/index.ts';
export { localBus, type SubscriptionBus } from './subscriptions/bus.ts';
