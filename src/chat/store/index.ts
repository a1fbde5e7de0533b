export * from './contacts.ts';
export * from './items.ts';
export * from './schema.ts';
