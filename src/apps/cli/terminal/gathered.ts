/**
 * Reads of a terminal with the parts of a paste put together. Where pastes are not marked, one may arrive in several
 * reads, and the end of a read behind a line looks like Enter then.
 */
import type { Clock, Timer } from '../../../base/index.ts';
import { MAX_PASTE, PASTE_GAP_MS } from '../commands/paste-limits.ts';
import type { TerminalPort } from './port.ts';

const LINE_FEED = 0x0a;
const RETURN = 0x0d;
const ESCAPE = 0x1b;
const SPACE = 0x20;

/** Bytes that are kept of a paste: those of the longest that is taken, and more, to tell that it is longer. */
const MAX_BYTES = 4 * (MAX_PASTE + 1);

const isBreak = (byte: number) => byte === RETURN || byte === LINE_FEED;
/** Keys other than text: those that begin with an escape character, and a control character alone. */
const isKey = (chunk: Uint8Array) =>
  chunk.includes(ESCAPE) || (chunk.length === 1 && chunk[0]! < SPACE && !isBreak(chunk[0]!));

/** A port whose `onData` gets text that arrives within {@link PASTE_GAP_MS} of a line break together with it. */
export function gatheredReads(port: TerminalPort, clock: Clock): TerminalPort {
  let held: Uint8Array[] = [];
  let size = 0;
  let timer: Timer | undefined;
  let lastAt = Number.NEGATIVE_INFINITY;
  let deliver: (chunk: Uint8Array) => void = () => {};

  const flush = () => {
    timer?.cancel();
    const chunks = held;
    held = [];
    size = 0;
    if (chunks.length > 0) deliver(Buffer.concat(chunks));
  };
  const hold = (chunk: Uint8Array) => {
    timer?.cancel();
    if (size <= MAX_BYTES) held.push(chunk);
    size += chunk.length;
    timer = clock.schedule(PASTE_GAP_MS, flush);
  };
  const read = (chunk: Uint8Array) => {
    const now = clock.monotonic();
    const wasQuiet = now - lastAt >= PASTE_GAP_MS;
    lastAt = now;
    const pressedEnter = wasQuiet && chunk.length === 1 && held.length === 0;
    if (!isKey(chunk) && !pressedEnter && (held.length > 0 || chunk.some(isBreak))) return hold(chunk);
    flush();
    deliver(chunk);
  };

  return {
    write: (text) => port.write(text),
    get columns() {
      return port.columns;
    },
    get rows() {
      return port.rows;
    },
    start(onData, onResize, onEnd) {
      deliver = onData;
      port.start(read, onResize, () => {
        flush();
        onEnd();
      });
    },
    suspend: (onResume) => port.suspend(onResume),
    stop() {
      timer?.cancel();
      held = [];
      port.stop();
    },
  };
}
