export * from './client-message.ts';
export * from './command.ts';
export * from './constants.ts';
export * from './delivery.ts';
export * from './error-type.ts';
export * from './message-flags.ts';
export * from './queue-info.ts';
export * from './response.ts';
