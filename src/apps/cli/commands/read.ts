/** Messages that were shown to somebody at a terminal: they count as read once the person does anything. */
import type { Chat, ItemId } from '../../../chat/index.ts';

export class ShownMessages {
  #shown: ItemId[] = [];

  /** Whether any wait for a sign of the person. */
  get isEmpty(): boolean {
    return this.#shown.length === 0;
  }

  add(...itemIds: readonly ItemId[]): void {
    this.#shown.push(...itemIds);
  }

  /** The person did something: what was shown until now was seen. */
  markRead(chat: Chat): void {
    if (this.isEmpty) return;
    try {
      chat.markRead(this.#shown);
      this.#shown = [];
    } catch {
      // On a full disk they go on counting as unread, until a later sign.
    }
  }
}
