/** Adds times to log lines, except for journald, which adds its own. */
import { fstatSync } from 'node:fs';

export interface LogTimeOptions {
  /** `JOURNAL_STREAM` is `<device>:<inode>` of the stream that systemd connected to the journal (systemd.exec(5)). */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `<device>:<inode>` of standard error; undefined where it is closed. */
  readonly stderr: () => string | undefined;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

function stderrIdentity(): string | undefined {
  try {
    const { dev, ino } = fstatSync(2, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}

const processOptions: LogTimeOptions = { env: process.env, stderr: stderrIdentity, now: Date.now };

/** Prefixes lines with the time in UTC (ISO 8601), unless standard error goes to journald. */
export function withLogTime(write: (line: string) => void, options: LogTimeOptions = processOptions) {
  const { env, stderr, now } = options;
  const stream = env.JOURNAL_STREAM ?? '';
  // Child programs inherit the variable even if their standard error goes elsewhere.
  if (stream !== '' && stream === stderr()) return write;
  return (line: string) => write(`${new Date(now()).toISOString()} ${line}`);
}
