/**
 * Values that faces keep in the database, because they hold what messages say: typed lines, whom text goes to. A value
 * may be about a chat or an item, and goes with it; an item that changes takes its values with it, too.
 */
import type { Sql } from '../../agent/index.ts';
import type { ChatId, FaceList, FaceValue, ItemId, ProfileId } from '../api/index.ts';
import { FIRST_PROFILE } from './contacts.ts';

/** Adds a value behind the others, of which the last `keep` stay. A value without text outlives the messages of its chat. */
export function addFaceValue(
  sql: Sql,
  { face, list }: FaceList,
  { value, chatId, itemId }: FaceValue,
  keep: number,
  profileId: ProfileId = FIRST_PROFILE,
): void {
  sql.transaction(() => {
    sql.run(
      'INSERT INTO face_values (profile_id, face, list, chat_id, item_id, value) VALUES (?, ?, ?, ?, ?, ?)',
      ...[profileId, face, list, chatId ?? null, itemId ?? null, value],
    );
    sql.run(
      `DELETE FROM face_values WHERE value_id IN (SELECT value_id FROM face_values
         WHERE profile_id = ? AND face = ? AND list = ? ORDER BY value_id DESC LIMIT -1 OFFSET ?)`,
      ...[profileId, face, list, keep],
    );
  });
}

/** Oldest first. */
export function faceValues(
  sql: Sql,
  { face, list }: FaceList,
  profileId: ProfileId = FIRST_PROFILE,
): readonly FaceValue[] {
  return sql
    .all<{ value: string; chat_id: ChatId | null; item_id: ItemId | null }>(
      'SELECT value, chat_id, item_id FROM face_values WHERE profile_id = ? AND face = ? AND list = ? ORDER BY value_id',
      ...[profileId, face, list],
    )
    .map(({ value, chat_id, item_id }) => ({ value, chatId: chat_id ?? undefined, itemId: item_id ?? undefined }));
}

/** All values of a list, or those that are equal to one of `values`. */
export function removeFaceValues(
  sql: Sql,
  { face, list }: FaceList,
  values: readonly string[] | undefined,
  profileId: ProfileId = FIRST_PROFILE,
): void {
  sql.run(
    `DELETE FROM face_values WHERE profile_id = ? AND face = ? AND list = ?
       AND (? IS NULL OR value IN (SELECT value FROM json_each(?)))`,
    ...[profileId, face, list, ...(values === undefined ? [null, null] : ['some', JSON.stringify(values)])],
  );
}
