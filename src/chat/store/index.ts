export * from './contacts.ts';
export * from './done-commands.ts';
export * from './face-values.ts';
export * from './item-changes.ts';
export * from './items.ts';
export * from './pins.ts';
export * from './schema.ts';
export * from './servers.ts';
