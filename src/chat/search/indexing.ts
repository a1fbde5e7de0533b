/** Indexes items that were stored before there was an index, a slice at a time. */
import type { Sql } from '../../agent/index.ts';
import type { ItemId } from '../api/index.ts';
import { indexedWords } from './words.ts';

/** Characters of text that are indexed at a time, and items: under 20 ms of work, also where pages of the index are merged. */
const SLICE_LENGTH = 10_000;
const SLICE_ITEMS = 50;

/** Indexes one slice; false when nothing was left to index. Newest items come first: they are searched for most. */
export function indexSlice(sql: Sql): boolean {
  const rows = sql.all<{ item_id: ItemId; text: string }>(
    'SELECT item_id, text FROM items WHERE words IS NULL ORDER BY item_id DESC LIMIT ?',
    SLICE_ITEMS,
  );
  if (rows.length === 0) return false;
  sql.transaction(() => {
    let length = 0;
    for (const row of rows) {
      sql.run('UPDATE items SET words = ? WHERE item_id = ?', indexedWords(row.text), row.item_id);
      length += row.text.length;
      if (length > SLICE_LENGTH) return;
    }
  });
  return true;
}
