export * from './agent.ts';
export type { NewConnection } from './connection/handshake.ts';
export type { AgentOptions, SmpQueueClient, SmpQueueEvents } from './environment.ts';
export * from './errors.ts';
export * from './kem-keys.ts';
export * from './kem-maker.ts';
export * from './protocol/index.ts';
export {
  agentMigrations,
  type Database,
  type DatabaseKey,
  isDatabaseError,
  type Migration,
  openDatabase,
  type Sql,
} from './store/index.ts';
export * from './types.ts';
