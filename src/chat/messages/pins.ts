/** Pins of messages, on this device alone: nobody is told. */
import { ChatError, type ChatItem, type ItemId } from '../api/index.ts';
import type { ChatContext } from '../context.ts';
import * as store from '../store/index.ts';

/** Most pinned messages of a conversation. */
const MAX_PINS = 100;

/** Pins a message, or takes its pin back. */
export function pinMessage({ sql, emit }: ChatContext, itemId: ItemId, add: boolean): ChatItem {
  return sql.transaction(() => {
    const item = store.findItem(sql, itemId)?.item;
    if (item === undefined) throw new ChatError('no-item');
    if (item.deletedAt !== undefined) throw new ChatError('deleted');
    if (!store.setPinned(sql, itemId, add)) throw new ChatError(add ? 'pin-there' : 'pin-absent');
    if (store.pinCount(sql, item.chatId) > MAX_PINS) throw new ChatError('too-many-pins', { most: MAX_PINS });
    emit({ kind: 'changed', chatId: item.chatId, itemId, change: 'pinned' });
    return item;
  });
}
