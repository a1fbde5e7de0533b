/** A database that fails where nothing waits for an answer, as when a server sends something: told in a sentence. */
import { isDatabaseError } from '../../agent/index.ts';
import { errorWords } from './words.ts';

const FAILED = 1;

/** Ends the process when the database fails and nobody handles it; gives what ends the watch. */
export function endOnDatabaseFailure(): () => void {
  const end = (error: unknown) => {
    const bug = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const text = isDatabaseError(error) ? errorWords(error) : bug;
    // The line that is being typed stays above; a terminal in raw mode does not return to the first column by itself.
    const lineEnd = process.stderr.isTTY ? '\r\n' : '\n';
    process.stderr.write(`${process.stderr.isTTY ? lineEnd : ''}${text}${lineEnd}`);
    // At once: nothing more may be written to a damaged database.
    process.exit(FAILED);
  };
  process.on('uncaughtException', end);
  return () => process.off('uncaughtException', end);
}
