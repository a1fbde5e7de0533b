/**
 * Results of commands with a client's id. Only ids are stored, never texts: the answer to a repeated command is read again.
 */
import type { Sql } from '../../agent/index.ts';
import type { ChatId, ItemId, ProfileId } from '../api/index.ts';

/** A client that has had no answer for longer does not ask again. */
const KEEP_MS = 7 * 86_400_000;

/** Objects of answers that are stored by id and read again; any other object would be stored with its texts. */
const READ_ANEW = ['item', 'contact', 'profile'] as const;

interface Result {
  readonly item?: { readonly itemId: ItemId };
  readonly contact?: { readonly chatId: ChatId };
}

export interface DoneCommand {
  readonly command: string;
  /** A few bits of a hash of the input: enough to notice another one, too few to tell what it was. */
  readonly input: string;
  /** What the answer had, where it still is there. */
  readonly chatId: ChatId | undefined;
  readonly itemId: ItemId | undefined;
  /** The answer, with null in place of what is read anew. */
  readonly result: Readonly<Record<string, unknown>>;
}

export function findDoneCommand(sql: Sql, clientId: string, profileId: ProfileId): DoneCommand | undefined {
  const row = sql.get<{
    command: string;
    chat_id: ChatId | null;
    item_id: ItemId | null;
    input: string;
    result: string;
  }>(
    'SELECT command, chat_id, item_id, input, result FROM done_commands WHERE profile_id = ? AND client_id = ?',
    ...[profileId, clientId],
  );
  if (row === undefined) return undefined;
  return {
    command: row.command,
    input: row.input,
    chatId: row.chat_id ?? undefined,
    itemId: row.item_id ?? undefined,
    result: JSON.parse(row.result) as Record<string, unknown>,
  };
}

export function removeOldCommands(sql: Sql, now: number): void {
  sql.run('DELETE FROM done_commands WHERE created_at < ?', now - KEEP_MS);
}

export function putDoneCommand(
  sql: Sql,
  clientId: string,
  command: string,
  input: string,
  result: unknown,
  now: number,
  profileId: ProfileId,
): void {
  const { item, contact } = result as Result;
  const kept = { ...(result as object) } as Record<string, unknown>;
  for (const name of READ_ANEW) if (kept[name] !== undefined) kept[name] = null;
  const unknown = Object.keys(kept).find((name) => typeof kept[name] === 'object' && kept[name] !== null);
  if (unknown !== undefined) throw new Error(`an answer with "${unknown}" cannot be kept: see READ_ANEW`);
  removeOldCommands(sql, now);
  sql.run(
    `INSERT INTO done_commands (profile_id, client_id, command, chat_id, item_id, input, result, created_at)
       VALUES (?, ?, ?, (SELECT chat_id FROM chats WHERE chat_id = ?), (SELECT item_id FROM items WHERE item_id = ?), ?, ?, ?)`,
    ...[profileId, clientId, command, contact?.chatId ?? null, item?.itemId ?? null, input, JSON.stringify(kept), now],
  );
}
