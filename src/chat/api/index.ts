export * from './data.ts';
export * from './definitions.ts';
export * from './errors.ts';
export type { ChatEvent, ChatEventHandler, LoggedEvent } from './events.ts';
export { chatEvent } from './events.ts';
export { type ChatId, type ItemId, MAX_PAGE, type ProfileId, type Right } from './schema.ts';
