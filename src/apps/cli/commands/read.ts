/** Messages that somebody at a terminal has seen. */
import type { Chat } from '../../../chat/index.ts';

/** Marks those of the contact that wrote last, once the person does anything. */
export function markRead(chat: Chat, localName: string | undefined): void {
  try {
    const unread = chat.unread().find(({ contact }) => contact.localName === localName);
    if (unread !== undefined) chat.markRead(unread.contact.contactId);
  } catch {
    // On a full disk they go on counting as unread; nothing else comes of it.
  }
}
