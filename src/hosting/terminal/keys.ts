/** Keys that end what is drawn on a terminal. */
import type { ReadStream } from 'node:tty';

const CTRL_C = '\x03';

/** The terminal that keys are taken from. */
export type KeyTerminal = Pick<ReadStream, 'isTTY' | 'setRawMode' | 'on' | 'off' | 'resume' | 'pause'>;

/**
 * Calls `end` on q and Ctrl+C, which is a key like any other meanwhile; gives what ends the watching and leaves the
 * terminal as it was. Where no terminal is, nothing is watched.
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
