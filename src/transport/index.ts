export * from './batch.ts';
export * from './block.ts';
export * from './constants.ts';
export * from './errors.ts';
export * from './handshake.ts';
export * from './run-handshake.ts';
export * from './transport.ts';
export * from './version.ts';
