/** Imports a log line by line and reports skipped lines. */
import { basename } from 'node:path';
import { type LogLine, readLines } from './lines.ts';
import type { Skipped } from './skipped.ts';
import { Window } from './window.ts';
import { LogError } from './words.ts';

export interface LineImport {
  readonly path: string;
  /**
   * Starts importing a line, in the order of the lines; resolves with the reason for skipping it, undefined when
   * imported.
   */
  take(text: string): Promise<string | undefined>;
  readonly skipped: Skipped;
  /** Called with the number of finished lines. */
  readonly onLine: (count: number) => void;
}

async function taken({ text, state }: LogLine, take: LineImport['take']): Promise<string | undefined> {
  // A line that the reference had not finished writing was not acknowledged to anyone.
  if (state === 'cut') return 'cut off';
  if (state === 'long') return 'too long';
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
