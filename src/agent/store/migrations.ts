/** Schema migrations: each runs once, in order, in its own transaction. */
import { AgentError } from '../errors.ts';
import type { Sql } from './sql.ts';

export interface Migration {
  /** Ordered by name: `agent-0001-…`. */
  readonly name: string;
  /** SQL, or functions for what SQL cannot do. */
  readonly statements: readonly (string | ((sql: Sql) => void))[];
}

/** Runs the migrations that are not applied yet; refuses a database with migrations of a newer program. */
export function migrate(sql: Sql, migrations: readonly Migration[]): void {
  sql.run('CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, applied_at INTEGER NOT NULL) STRICT');
  const applied = new Set(sql.all<{ name: string }>('SELECT name FROM migrations').map((row) => row.name));
  const known = new Set(migrations.map((m) => m.name));
  for (const name of applied) {
    if (!known.has(name)) throw new AgentError('database-newer');
  }
  for (const { name, statements } of migrations) {
    if (applied.has(name)) continue;
    sql.transaction(() => {
      for (const statement of statements) {
        if (typeof statement === 'string') sql.run(statement);
        else statement(sql);
      }
      sql.run('INSERT INTO migrations (name, applied_at) VALUES (?, ?)', name, Date.now());
    });
  }
}
