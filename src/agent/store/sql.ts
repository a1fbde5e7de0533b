/** Statements and transactions on the database. */

/** Values of columns. */
export type SqlValue = string | number | Uint8Array | null;
export type Row = Record<string, SqlValue>;

/** Statements and transactions. Calls are synchronous, so transactions are never interleaved. */
export interface Sql {
  run(sql: string, ...params: readonly SqlValue[]): { readonly changes: number; readonly lastId: number };
  get<T extends object = Row>(sql: string, ...params: readonly SqlValue[]): T | undefined;
  all<T extends object = Row>(sql: string, ...params: readonly SqlValue[]): readonly T[];
  /** Runs `section` in a transaction, nested if one is open; an exception rolls `section` back. */
  transaction<T>(section: () => T): T;
  /**
   * Runs `action` once the open transaction is on disk, or at once when none is open; never after a rollback. Actions
   * run one after another; one that throws affects neither the transaction nor the other actions.
   */
  afterCommit(action: () => void): void;
}
