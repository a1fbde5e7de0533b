/** Messages that were shown to somebody at a terminal: they count as read once the person does anything. */
import { type ChatApi, type ItemId, MAX_PAGE } from '../../../chat/index.ts';

/** A person has seen these, however many they are. */
export async function markRead(api: ChatApi, itemIds: readonly ItemId[]): Promise<void> {
  for (let i = 0; i < itemIds.length; i += MAX_PAGE) {
    await api.messages.markRead({ itemIds: itemIds.slice(i, i + MAX_PAGE) });
  }
}

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
  async markRead(api: ChatApi): Promise<void> {
    if (this.isEmpty) return;
    const seen = this.#shown;
    this.#shown = [];
    try {
      await markRead(api, seen);
    } catch {
      // On a full disk they go on counting as unread, until a later sign.
      this.#shown.unshift(...seen);
    }
  }
}
