export * from './choices.ts';
export * from './contacts.ts';
export { fold } from './folding.ts';
export * from './history.ts';
export * from './item-changes.ts';
export * from './items.ts';
export * from './schema.ts';
