/** A log, taken line by line; what cannot be taken is told. */
import { basename } from 'node:path';
import { type LogLine, readLines } from './lines.ts';
import type { Skipped } from './skipped.ts';
import { Window } from './window.ts';
import { LogError } from './words.ts';

export interface LineImport {
  readonly path: string;
  /** Starts what a line says, in the order of the lines; resolves with why it cannot be done, undefined when it is. */
  take(text: string): Promise<string | undefined>;
  readonly skipped: Skipped;
  /** Told how many lines are done. */
  readonly onLine: (count: number) => void;
}

async function taken({ text, state }: LogLine, take: LineImport['take']): Promise<string | undefined> {
  // What the reference had not written to its end, it had answered to nobody.
  if (state === 'cut') return 'cut off';
  if (state === 'long') return 'longer than any line';
  try {
    return await take(text);
  } catch (error) {
    if (error instanceof LogError) return `not readable: ${error.message}`;
    throw error;
  }
}

export async function importLines({ path, take, skipped, onLine }: LineImport): Promise<void> {
  const window = new Window();
  const one = async (line: LogLine): Promise<void> => {
    const why = await taken(line, take);
    if (why !== undefined) skipped.add(`${basename(path)}: ${why}`, line.number);
  };
  for await (const line of readLines(path)) {
    await window.add(one(line));
    onLine(line.number);
  }
  await window.settle();
}
