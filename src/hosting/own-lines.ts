/**
 * Lines of a server's processes on standard error outside the log: warnings of Node, uncaught errors, failed output.
 * They get the same time prefix as log lines.
 */
import { inspect } from 'node:util';
import { withLogTime } from './log-time.ts';

/** Node's exit code after an uncaught error. */
const UNCAUGHT = 1;

/** Writes each line of a text to standard error like a log line. */
export function sayWithTime(text: string): void {
  const write = withLogTime((line) => process.stderr.write(`${line}\n`));
  for (const line of text.trimEnd().split('\n')) write(line);
}

/** Adds the time to Node's own messages, for the rest of the process's life. */
export function timeOwnLines(): void {
  // The reader of the log may close it before the server ends.
  process.stderr.on('error', () => {});
  process.removeAllListeners('warning');
  process.on('warning', (warning: Error & { readonly code?: string }) => {
    const { name, message, code } = warning;
    sayWithTime(`warn: ${name}${code === undefined ? '' : ` [${code}]`}: ${message}`);
  });
  process.on('uncaughtException', (error) => {
    sayWithTime(`error: internal error, this process ends: ${inspect(error)}`);
    process.exit(UNCAUGHT);
  });
}
