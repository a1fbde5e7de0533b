/**
 * Removing a whole conversation. Each message takes its words out of the index, half a millisecond of work and more where the
 * index is large, so most of a long conversation goes in pieces, and everything else has its turn in between.
 */
import { sleep } from '../../base/index.ts';
import type { ChatId, ItemId } from '../api/index.ts';
import type { ChatContext } from '../context.ts';
import * as store from '../store/index.ts';

/** Messages that are removed at a time, and characters of text: under 20 ms of work. A piece ends early when it takes long. */
const PIECE_ITEMS = 25;
const PIECE_LENGTH = 4_000;
const PIECE_MS = 10;
const PAUSE_MS = 5;

/**
 * Removes the oldest messages of a chat, all but a piece of them, and returns its newest message at the beginning: what
 * arrives meanwhile stays. A few messages are left to the caller, who removes them with the rest. Rejects when `signal` aborts.
 */
export async function removeMost(
  { sql, clock }: ChatContext,
  chatId: ChatId,
  signal: AbortSignal,
): Promise<ItemId | undefined> {
  const newest = store.newestItem(sql, chatId);
  for (;;) {
    const piece = newest === undefined ? [] : store.oldestItems(sql, chatId, newest, PIECE_ITEMS, PIECE_LENGTH);
    // The last piece.
    if (piece.length === 0 || piece.at(-1) === newest) return newest;
    sql.transaction(() => {
      const end = clock.monotonic() + PIECE_MS;
      for (const itemId of piece) {
        store.removeItem(sql, itemId);
        if (clock.monotonic() >= end) break;
      }
    });
    await sleep(clock, PAUSE_MS, signal);
  }
}
