/**
 * Stored notifications. The key is the notifier id, the time (seconds of the aging clock, 8 bytes), a counter that
 * orders those of the same second, and the start of the nonce, because the counter restarts with the server.
 */
import type { Batch } from './group-writer.ts';
import { pack, storedNotificationCodec, unpackOrNothing } from './record-codec.ts';
import type { Tables } from './tables.ts';
import { type IncomingNotification, NOTIFICATION_QUOTA, type NotificationStore } from './types.ts';

const ID_SIZE = 24;
const TIME_SIZE = 8;
const COUNT_SIZE = 4;
const NONCE_PART = 8;

/** Upper bound for the size of a notification. */
export const NOTIFICATION_SIZE = 512;

const MAX_COUNT = 2 ** 32;
let count = 0;

function keyOf({ notifierId, nonce }: IncomingNotification, agedAt: number): Buffer {
  const key = Buffer.alloc(ID_SIZE + TIME_SIZE + COUNT_SIZE + NONCE_PART);
  key.set(notifierId);
  key.writeBigUInt64BE(BigInt(agedAt), ID_SIZE);
  count = (count + 1) % MAX_COUNT;
  key.writeUInt32BE(count, ID_SIZE + TIME_SIZE);
  key.set(nonce.subarray(0, NONCE_PART), ID_SIZE + TIME_SIZE + COUNT_SIZE);
  return key;
}

const timeOf = (key: Uint8Array) => Number(Buffer.from(key).readBigUInt64BE(ID_SIZE));

const hasPrefix = (key: Uint8Array, prefix: Uint8Array) => Buffer.compare(key.subarray(0, prefix.length), prefix) === 0;

/** Keys of a notifier's notifications on disk, oldest first. */
function keysOf(tables: Tables, notifierId: Uint8Array, limit: number): readonly Buffer[] {
  const found = tables.notifications.keys(Buffer.from(notifierId), limit);
  return found.filter((key) => hasPrefix(key, notifierId)).map((key) => Buffer.from(key));
}

/**
 * Stores a notification in the batch that stores its message; above the quota the oldest is removed. Does nothing when
 * the notifier was deleted.
 */
export function addNotification(
  tables: Tables,
  batch: Batch,
  agedAt: number,
  notification: IncomingNotification,
): void {
  if (!tables.notifiers.has(notification.notifierId)) return;
  const key = keyOf(notification, agedAt);
  tables.arrivingNotifications.add(batch, notification.notifierId, key);
  const packed = pack(storedNotificationCodec, notification);
  const waiting = keysOf(tables, notification.notifierId, NOTIFICATION_QUOTA);
  const oldest = waiting.length < NOTIFICATION_QUOTA ? undefined : waiting[0];
  batch.add(() => {
    if (oldest !== undefined) tables.notifications.remove(oldest);
    tables.notifications.put(key, packed);
  });
}

/** Removes all notifications of a notifier. */
export function removeNotifications(tables: Tables, batch: Batch, notifierId: Uint8Array): void {
  const stored = keysOf(tables, notifierId, 2 * NOTIFICATION_QUOTA);
  for (const key of [...stored, ...tables.arrivingNotifications.of(notifierId)]) {
    batch.add(() => void tables.notifications.remove(key));
  }
}

export function notificationStore(tables: Tables): NotificationStore {
  /** Keys of notifications that were returned but whose removal is not on disk yet. */
  const taken = new Set<string>();
  const remove = async (keys: readonly Buffer[]) => {
    const names = keys.map((key) => key.toString('latin1'));
    for (const name of names) taken.add(name);
    try {
      await tables.free((batch) => {
        for (const key of keys) batch.add(() => void tables.notifications.remove(key));
      });
    } finally {
      for (const name of names) taken.delete(name);
    }
  };
  return {
    async take(notifierId, limit) {
      const keys = keysOf(tables, notifierId, limit + taken.size)
        .filter((key) => !taken.has(key.toString('latin1')))
        .slice(0, limit);
      const found = keys.map((key) => tables.notifications.get(key)?.slice());
      // After a failed removal they are returned again, which is harmless.
      if (keys.length > 0) void remove(keys).catch(() => {});
      return found.flatMap((value) => {
        const notification = value && unpackOrNothing(storedNotificationCodec, value);
        return notification === undefined ? [] : [notification];
      });
    },
    async waiting(after, limit) {
      const ids: Uint8Array[] = [];
      let from = after === undefined ? undefined : endOf(after);
      while (ids.length < limit) {
        const [key] = tables.notifications.keys(from, 1);
        if (key === undefined) break;
        const id = new Uint8Array(key.subarray(0, ID_SIZE));
        ids.push(id);
        from = endOf(id);
      }
      return ids;
    },
    async expire(before) {
      let expired = 0;
      await tables.scan(tables.notifications, async (key) => {
        // The notifications of a notifier are ordered by time: the first one that is young enough ends the scan of this
        // notifier.
        if (timeOf(key) >= before) return endOf(key.subarray(0, ID_SIZE));
        if (taken.has(Buffer.from(key).toString('latin1'))) return undefined;
        await remove([Buffer.from(key)]);
        expired++;
        return undefined;
      });
      return expired;
    },
  };
}

/** Sorts behind every key that begins with `prefix`. */
const endOf = (prefix: Uint8Array): Buffer => Buffer.concat([prefix, Buffer.alloc(TIME_SIZE, 0xff)]);
