/** What commands work on. */
import type { Chat } from '../../../chat/index.ts';
import type { Display } from '../show/display.ts';

export interface CommandContext {
  readonly chat: Chat;
  readonly display: Display;
  readonly now: () => number;
  readonly signal: AbortSignal;
  /** Told when a conversation becomes the one that plain text would go to. */
  readonly onActive: (localName: string) => void;
}
