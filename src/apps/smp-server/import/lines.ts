/** Reads the lines of a log one by one, with bounded memory. */
import { createReadStream } from 'node:fs';
import { HostingError, reasonOf } from '../../../hosting/index.ts';

/** Longer than any valid line: those of messages and of services' certificates are the longest. */
const MAX_LINE_BYTES = 1_048_576;

const CHUNK_BYTES = 262_144;
const NEWLINE = 0x0a;

export interface LogLine {
  /** From 1. */
  readonly number: number;
  /** One character per byte, without the newline. */
  readonly text: string;
  /** `cut`: the newline is missing. `long`: the line is too long, and `text` is empty. */
  readonly state: 'whole' | 'cut' | 'long';
}

/** Rejects with {@link HostingError} when the file cannot be read. */
export async function* readLines(path: string): AsyncGenerator<LogLine> {
  let number = 1;
  let parts: Buffer[] = [];
  let size = 0;
  const take = (state: 'whole' | 'cut'): LogLine => {
    const line: LogLine =
      size > MAX_LINE_BYTES
        ? { number, text: '', state: 'long' }
        : { number, text: Buffer.concat(parts).toString('latin1'), state };
    number++;
    parts = [];
    size = 0;
    return line;
  };
  const hold = (part: Buffer) => {
    size += part.length;
    if (size <= MAX_LINE_BYTES) parts.push(part);
    else parts = [];
  };
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES }) as AsyncIterable<Buffer>) {
      let from = 0;
      for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
        hold(chunk.subarray(from, end));
        yield take('whole');
        from = end + 1;
      }
      if (from < chunk.length) hold(chunk.subarray(from));
    }
  } catch (cause) {
    throw new HostingError(`The file ${path} cannot be read: ${reasonOf(cause)}.`, { cause });
  }
  if (size > 0) yield take('cut');
}
