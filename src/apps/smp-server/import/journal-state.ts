/**
 * The positions of a queue's messages in its journals: the last line of `queue_state.<id>.log`.
 *
 * ```
 * state = "write=" place "read=" place "canWrite=" ("T" / "F") "size=" number
 * place = journal "," messages read "," messages "," bytes read "," bytes
 * ```
 *
 * Unread messages begin in one journal and continue in the other, or are all in one.
 */

/** A part of a journal with unread messages. */
export interface JournalRange {
  readonly journal: string;
  /** In bytes. */
  readonly from: number;
  readonly to: number;
  /** Number of messages in it. */
  readonly count: number;
}

const PLACE = String.raw`([A-Za-z0-9_=-]+),(\d+),(\d+),(\d+),(\d+)`;
const STATE = new RegExp(`^write=${PLACE} read=${PLACE} canWrite=([TF]) size=(\\d+)$`);

/** More than the messages of one journal take. */
const MAX_RANGE_BYTES = 64 * 1_048_576;

interface Place {
  readonly journal: string;
  readonly msgPos: number;
  readonly msgCount: number;
  readonly bytePos: number;
  readonly byteCount: number;
}

function placeOf(values: readonly string[]): Place {
  const [msgPos, msgCount, bytePos, byteCount] = values.slice(1).map(Number) as [number, number, number, number];
  return { journal: values[0]!, msgPos, msgCount, bytePos, byteCount };
}

/** Whether the numbers are consistent, by the rules of the reference. */
function isValid(write: Place, read: Place, size: number): boolean {
  const always =
    read.msgPos <= read.msgCount &&
    read.bytePos <= read.byteCount &&
    write.msgPos === write.msgCount &&
    write.bytePos === write.byteCount &&
    Math.max(read.byteCount, write.byteCount) <= MAX_RANGE_BYTES;
  const left = read.msgCount - read.msgPos;
  if (read.journal !== write.journal) return always && size === write.msgCount + left;
  return always && read.msgCount === write.msgCount && read.byteCount === write.byteCount && size === left;
}

function rangesOf(line: string): readonly JournalRange[] | undefined {
  const match = STATE.exec(line);
  if (match === null) return undefined;
  const write = placeOf(match.slice(1, 6));
  const read = placeOf(match.slice(6, 11));
  const size = Number(match[12]);
  if (!isValid(write, read, size)) return undefined;
  const first = {
    journal: read.journal,
    from: read.bytePos,
    to: read.byteCount,
    count: read.msgCount - read.msgPos,
  };
  const second = { journal: write.journal, from: 0, to: write.bytePos, count: write.msgCount };
  return (read.journal === write.journal ? [first] : [first, second]).filter(({ count }) => count > 0);
}

/**
 * Parses the unread ranges from the end of a state file; undefined when it is invalid. An incomplete last line is
 * ignored: its change was not made.
 */
export function parseJournalState(end: string): readonly JournalRange[] | undefined {
  const lines = end.split('\n').filter((line) => line !== '');
  for (const line of lines.slice(-2).reverse()) {
    const ranges = rangesOf(line);
    if (ranges !== undefined) return ranges;
  }
  return undefined;
}
