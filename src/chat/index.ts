export { connectionLinksIn } from '../agent/index.ts';
export { fold } from '../base/index.ts';
export * from './api.ts';
export { createChat, migrations, type OpenChatOptions, openChat } from './open.ts';
export * from './protocol/index.ts';
