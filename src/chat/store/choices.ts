/** What the person chose on this device: servers for new connections, and whom text without a name goes to. */
import type { Sql } from '../../agent/index.ts';
import type { ContactId } from '../api.ts';

/** In the order they were given. */
export function storedServers(sql: Sql): readonly string[] {
  return sql.all<{ address: string }>('SELECT address FROM servers ORDER BY position').map(({ address }) => address);
}

/** Replaces the stored list. */
export function putServers(sql: Sql, addresses: readonly string[]): void {
  sql.transaction(() => {
    sql.run('DELETE FROM servers');
    addresses.forEach((address, i) => {
      sql.run('INSERT INTO servers (position, address) VALUES (?, ?)', i + 1, address);
    });
  });
}

export function storedAddressee(sql: Sql): ContactId | undefined {
  return sql.get<{ contact_id: ContactId }>('SELECT contact_id FROM addressee')?.contact_id;
}

/** Undefined for nobody. */
export function putAddressee(sql: Sql, contactId: ContactId | undefined): void {
  if (contactId === undefined) sql.run('DELETE FROM addressee');
  else
    sql.run(
      `INSERT INTO addressee (addressee_id, contact_id) VALUES (1, ?)
       ON CONFLICT (addressee_id) DO UPDATE SET contact_id = excluded.contact_id`,
      contactId,
    );
}
