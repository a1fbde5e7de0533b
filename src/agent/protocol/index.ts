export * from './connection-link.ts';
export * from './link-text.ts';
export * from './message.ts';
export * from './smp-queue.ts';
export * from './versions.ts';
