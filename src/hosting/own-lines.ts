/**
 * What a server that runs says on standard error beside its log: warnings of Node, the mistake that ends it, output that
 * cannot be written. These lines carry the time as those of the log do.
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
  process.on('warning', ({ name, message }) => sayWithTime(`warn: ${name}: ${message}`));
  process.on('uncaughtException', (error) => {
    sayWithTime(`error: the server ends, by a mistake in it: ${inspect(error)}`);
    process.exit(UNCAUGHT);
  });
}
