export { connectionLinksIn } from '../agent/index.ts';
export { fold } from '../base/index.ts';
export * from './api/index.ts';
export { type Chat, migrations, type OpenChatOptions, openChat } from './open.ts';
export * from './protocol/index.ts';
