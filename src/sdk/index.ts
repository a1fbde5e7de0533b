/**
 * Sotto as a library: `import { openChat } from 'sotto'`. docs/sdk.md begins with a bot of ten lines, docs/api.md lists all
 * commands and events. What is not exported here is not part of the library.
 */
export { AgentError, type AgentErrorCode, type AgentErrorKind, type AgentErrorValues } from '../agent/index.ts';
export { type Logger, type LogLevel, lineLogger, silentLogger } from '../base/index.ts';
export {
  type CallOptions,
  type Chat,
  type ChatApi,
  ChatError,
  type ChatErrorCode,
  type ChatEvent,
  type ChatId,
  type ChatItem,
  type CommandInput,
  type CommandName,
  type CommandOutput,
  type Contact,
  type ErrorValues,
  type FaceList,
  type FaceValue,
  type FeatureState,
  type ItemId,
  type ItemNotice,
  type ItemReaction,
  type LoggedEvent,
  type Profile,
  type Quote,
  type Right,
  reactionEmojis,
  type SendFailure,
  type SendStatus,
} from '../chat/index.ts';
export { SmpError } from '../smp/client/index.ts';
export type { EventHandler, EventKind, EventOf } from './event-handlers.ts';
export { type BotChat, type OpenOptions, openChat } from './open-chat.ts';
