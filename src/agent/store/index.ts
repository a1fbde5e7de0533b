export * from './connections.ts';
export * from './database.ts';
export * from './messages.ts';
export type { Migration } from './migrations.ts';
export * from './queues.ts';
export * from './schema.ts';
export type { Sql } from './sql.ts';
