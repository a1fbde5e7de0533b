/** What commands work on. */
import type { ChatApi, Contact } from '../../../chat/index.ts';
import type { Display } from '../show/display.ts';
import type { ContactList } from './contact-list.ts';
import type { HeldPaste } from './pastes.ts';

export interface CommandContext {
  readonly chat: ChatApi;
  readonly contacts: ContactList;
  readonly display: Display;
  readonly now: () => number;
  /** Lines that were pasted and wait; undefined where pastes are not held here. */
  readonly paste: HeldPaste | undefined;
  /** Told which conversation plain text would go to from now on; undefined for none. */
  readonly onActive: (contact: Contact | undefined) => void;
}
