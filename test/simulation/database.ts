/**
 * A person's database under faults: the product's own SQLCipher database, kept in memory across the lives of the
 * program, behind a thin layer in which writes fail and programs end.
 */
import { AgentError, type Database, isDatabaseError, openDatabase } from '../../src/agent/index.ts';
import { migrations } from '../../src/chat/index.ts';
import { Crash, type DiskFaults } from './faults.ts';

const diskFull = () => new AgentError('disk.full', {}, { retryable: true });
export const WRITE_ERROR = 'disk I/O error';
const writeError = () => Object.assign(new Error(WRITE_ERROR), { code: 'SQLITE_IOERR_WRITE' });

/** The file on the device: outlives programs. */
export const openDisk = (): Database =>
  openDatabase(':memory:', { kind: 'raw', key: new Uint8Array(32).fill(1) }, migrations, (error) => {
    // The end of the program is thrown on by the transaction that it followed.
    if (!(error instanceof Crash) && !isDatabaseError(error)) throw error;
  });

const isWrite = (sql: string) => !/^\s*SELECT/i.test(sql);

/** `disk` as one life of the program sees it, until `isDead`. */
export function faultyDatabase(disk: Database, faults: DiskFaults, life: { isDead(): boolean; die(): void }): Database {
  let depth = 0;
  const die = (): never => {
    life.die();
    throw new Crash('the program ended');
  };
  const alive = () => {
    if (life.isDead()) throw new Crash('the program has ended');
  };
  /** What strikes before a write; `crash-after` is left to the caller. */
  const strike = (): 'crash-after' | undefined => {
    const fault = faults.next();
    if (fault === 'full') throw diskFull();
    if (fault === 'crash') return die();
    if (fault === 'fail') throw writeError();
    return fault;
  };
  const inside = <T>(section: () => T): T => {
    depth++;
    try {
      return section();
    } finally {
      depth--;
    }
  };
  const outermost = <T>(section: () => T): T => {
    let crashAfter = false;
    const kept = disk.transaction(() => {
      // The first of the actions after the commit: none of the others runs when the program ends there.
      disk.afterCommit(() => {
        if (crashAfter) die();
      });
      const result = inside(section);
      crashAfter = strike() === 'crash-after';
      return result;
    });
    alive();
    return kept;
  };
  return {
    get: (sql, ...params) => {
      alive();
      return disk.get(sql, ...params);
    },
    all: (sql, ...params) => {
      alive();
      return disk.all(sql, ...params);
    },
    run: (sql, ...params) => {
      alive();
      const fault = isWrite(sql) ? strike() : undefined;
      const result = disk.run(sql, ...params);
      // Within a transaction nothing is on disk before the commit: then both crashes are the same.
      if (fault === 'crash-after') die();
      return result;
    },
    transaction(section) {
      alive();
      return depth === 0 ? outermost(section) : disk.transaction(() => inside(section));
    },
    afterCommit: (action) =>
      disk.afterCommit(() => {
        if (!life.isDead()) action();
      }),
    close: () => {},
  };
}
