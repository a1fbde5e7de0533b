/** Keys that quit a full-screen view. */
import type { ReadStream } from 'node:tty';

const CTRL_C = '\x03';

/** The terminal that keys are read from. */
export type KeyTerminal = Pick<ReadStream, 'isTTY' | 'setRawMode' | 'on' | 'off' | 'resume' | 'pause'>;

/**
 * Calls `end` on q and on Ctrl+C, which is an ordinary key in raw mode; returns a function that stops watching and
 * restores the terminal. Does nothing without a terminal.
 */
export function watchQuit(input: KeyTerminal, end: () => void): () => void {
  if (!input.isTTY) return () => {};
  const onData = (data: Buffer) => {
    if ([...data.toString('latin1')].some((key) => key === 'q' || key === 'Q' || key === CTRL_C)) end();
  };
  input.setRawMode(true);
  input.on('data', onData);
  input.resume();
  return () => {
    input.off('data', onData);
    input.setRawMode(false);
    input.pause();
  };
}
