/**
 * Events in the database, numbered for each profile, so that a face that was away can ask for what it missed. They are
 * rows of kind and ids, and never hold a text: what is deleted leaves no trace in them.
 */
import type { Sql } from '../../agent/index.ts';
import type { ChatEvent, ChatId, ItemId, LoggedEvent, ProfileId } from '../api/index.ts';
import { FIRST_PROFILE } from '../store/index.ts';

type WithoutNumber<E> = E extends unknown ? Omit<E, 'number'> : never;
/** An event that has no number yet. */
export type NewEvent = WithoutNumber<ChatEvent>;

/** How long events are kept, and how many of a profile. */
const KEEP_MS = 30 * 86_400_000;
const KEEP_EVENTS = 100_000;
/** Old events are removed each time that as many were added. */
const CLEAN_EVERY = 500;

/** Gives an event its number; undefined for those about servers, which are of no use later. */
export function logEvent(sql: Sql, event: NewEvent, now: number): number | undefined {
  if (event.kind === 'serverConnected' || event.kind === 'serverDisconnected') return undefined;
  const profileId = FIRST_PROFILE;
  const { chatId, itemId } = idsOf(event);
  return sql.transaction(() => {
    const number = sql.get<{ last_event: number }>(
      'UPDATE profiles SET last_event = last_event + 1 WHERE profile_id = ? RETURNING last_event',
      profileId,
    )?.last_event;
    if (number === undefined) return undefined;
    sql.run(
      'INSERT INTO event_log (profile_id, number, kind, chat_id, item_id, created_at) VALUES (?, ?, ?, ?, ?, ?)',
      ...[profileId, number, event.kind, chatId ?? null, itemId ?? null, now],
    );
    if (number % CLEAN_EVERY === 0) removeOldEvents(sql, now);
    return number;
  });
}

function idsOf(event: NewEvent): { readonly chatId: ChatId | undefined; readonly itemId: ItemId | undefined } {
  if (event.kind === 'changed') return event;
  const contact = 'contact' in event ? event.contact : undefined;
  return { chatId: contact?.chatId, itemId: 'item' in event ? event.item.itemId : undefined };
}

export function removeOldEvents(sql: Sql, now: number): void {
  sql.run('DELETE FROM event_log WHERE created_at < ?', now - KEEP_MS);
  for (const { profile_id, last_event } of sql.all<{ profile_id: ProfileId; last_event: number }>(
    'SELECT profile_id, last_event FROM profiles',
  )) {
    sql.run('DELETE FROM event_log WHERE profile_id = ? AND number <= ?', profile_id, last_event - KEEP_EVENTS);
  }
}

/** The next `count` events after a number, whether all after it are still there, and the number of the newest. */
export function eventsSince(
  sql: Sql,
  after: number,
  count: number,
  profileId: ProfileId = FIRST_PROFILE,
): { readonly events: readonly LoggedEvent[]; readonly complete: boolean; readonly last: number } {
  const rows = sql.all<{
    number: number;
    kind: string;
    chat_id: ChatId | null;
    item_id: ItemId | null;
    created_at: number;
  }>(
    `SELECT number, kind, chat_id, item_id, created_at FROM event_log
     WHERE profile_id = ? AND number > ? ORDER BY number LIMIT ?`,
    ...[profileId, after, count],
  );
  const last = sql.get<{ n: number }>('SELECT last_event AS n FROM profiles WHERE profile_id = ?', profileId)?.n ?? 0;
  // Numbers have no gaps but where old ones were removed.
  const complete = after <= last && (rows[0]?.number ?? last + 1) === after + 1;
  const events = rows.map(({ number, kind, chat_id, item_id, created_at }) => ({
    number,
    kind,
    chatId: chat_id ?? undefined,
    itemId: item_id ?? undefined,
    createdAt: created_at,
  }));
  return { events, complete, last };
}
