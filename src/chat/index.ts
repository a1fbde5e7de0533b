export * from './api.ts';
export { type OpenChatOptions, openChat } from './open.ts';
export * from './protocol/index.ts';
