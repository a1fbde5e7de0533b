/** Servers of a profile that new connections use. */
import type { Sql } from '../../agent/index.ts';
import type { ProfileId } from '../api/index.ts';
import { FIRST_PROFILE } from './contacts.ts';

/** In the order they were given. */
export function storedServers(sql: Sql, profileId: ProfileId = FIRST_PROFILE): readonly string[] {
  return sql
    .all<{ address: string }>('SELECT address FROM servers WHERE profile_id = ? ORDER BY position', profileId)
    .map(({ address }) => address);
}

/** Replaces the stored list. */
export function putServers(sql: Sql, addresses: readonly string[], profileId: ProfileId = FIRST_PROFILE): void {
  sql.transaction(() => {
    sql.run('DELETE FROM servers WHERE profile_id = ?', profileId);
    addresses.forEach((address, i) => {
      sql.run('INSERT INTO servers (profile_id, position, address) VALUES (?, ?, ?)', profileId, i + 1, address);
    });
  });
}
