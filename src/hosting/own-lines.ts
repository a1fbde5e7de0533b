/**
 * What the processes of a running server say on standard error beside the log: warnings of Node, errors that nobody caught,
 * output that cannot be written. These lines carry the time as those of the log do.
 */
import { inspect } from 'node:util';
import { withLogTime } from './log-time.ts';

/** Exit code of Node after an error that nobody caught. */
const UNCAUGHT = 1;

/** Writes each line of a text to standard error, as a line of the log. */
export function sayWithTime(text: string): void {
  const write = withLogTime((line) => process.stderr.write(`${line}\n`));
  for (const line of text.trimEnd().split('\n')) write(line);
}

/** For the process of a server, until it ends: gives the time to what Node says in its name. */
export function timeOwnLines(): void {
  // Who reads the log may leave before the server ends.
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
