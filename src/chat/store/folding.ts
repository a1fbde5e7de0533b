/** The texts of items, folded for comparison and search. */
import type { Sql } from '../../agent/index.ts';
import { fold } from '../../base/index.ts';
import type { ItemId } from '../api.ts';

/** Rows that are folded at a time. */
const FOLD_BATCH = 1000;

/** Makes items that were stored before there was a search searchable. */
export function foldOldItems(sql: Sql): void {
  for (;;) {
    const rows = sql.all<{ item_id: ItemId; text: string }>(
      'SELECT item_id, text FROM chat_items WHERE folded IS NULL ORDER BY item_id LIMIT ?',
      FOLD_BATCH,
    );
    if (rows.length === 0) return;
    sql.transaction(() => {
      for (const row of rows) {
        sql.run('UPDATE chat_items SET folded = ? WHERE item_id = ?', fold(row.text), row.item_id);
      }
    });
  }
}
