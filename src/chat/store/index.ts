export * from './choices.ts';
export * from './contacts.ts';
export * from './history.ts';
export * from './item-changes.ts';
export * from './items.ts';
export * from './schema.ts';
