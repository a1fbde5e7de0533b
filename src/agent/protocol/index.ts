export * from './connection-link.ts';
export * from './link-text.ts';
export * from './message.ts';
export * from './queue-info.ts';
export * from './versions.ts';
