/** Lines that were typed, kept in the database because they hold what messages say. */
import type { Sql } from '../../agent/index.ts';
import type { ContactId } from '../api.ts';

/** How many lines are kept. */
const MAX_LINES = 500;
/** A longer line is not kept, in characters. */
const MAX_LINE_LENGTH = 20_000;

/** `contactId`: whom the line is about; it goes when the conversation goes. */
export function addInput(sql: Sql, line: string, contactId: ContactId | undefined): void {
  if (line.length > MAX_LINE_LENGTH) return;
  const last = sql.get<{ line: string }>('SELECT line FROM input_history ORDER BY entry_id DESC LIMIT 1');
  if (last?.line === line) return;
  sql.transaction(() => {
    const { lastId } = sql.run('INSERT INTO input_history (contact_id, line) VALUES (?, ?)', contactId ?? null, line);
    sql.run('DELETE FROM input_history WHERE entry_id <= ?', lastId - MAX_LINES);
  });
}

/** Oldest first. */
export function inputLines(sql: Sql): readonly string[] {
  return sql.all<{ line: string }>('SELECT line FROM input_history ORDER BY entry_id').map(({ line }) => line);
}

/** Forgets the lines about a contact, or those of them that say `text`: at their end, as it is or quoted, or in brackets. */
export function forgetInput(sql: Sql, contactId: ContactId, text: string | undefined): void {
  if (text === undefined) sql.run('DELETE FROM input_history WHERE contact_id = ?', contactId);
  else if (text !== '') {
    const ends = 'substr(line, -length(?)) = ?';
    const quoted = JSON.stringify(text);
    sql.run(
      `DELETE FROM input_history WHERE contact_id = ? AND (${ends} OR ${ends} OR instr(line, '(' || ?) > 0)`,
      contactId,
      ...[text, text, quoted, quoted, text],
    );
  }
}
