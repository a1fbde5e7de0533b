/** The terminal of this process. */
import type { ScreenPort } from './screen.ts';

export interface TerminalPort extends ScreenPort {
  /** Starts to deliver keys as they are pressed; `end` when the terminal is gone. */
  start(onData: (chunk: Uint8Array) => void, onResize: () => void, onEnd: () => void): void;
  /** Stops this program as Ctrl-Z does, with the terminal as it was; `onResume` when it goes on. */
  suspend(onResume: () => void): void;
  /** Gives the terminal back as it was. */
  stop(): void;
}

const PASTE_ON = '\u001b[?2004h';
const PASTE_OFF = '\u001b[?2004l';
const DEFAULT_COLUMNS = 80;
const DEFAULT_ROWS = 24;

export function processTerminal(): TerminalPort {
  const { stdin, stdout } = process;
  let detach = () => {};
  // Whatever ends the program, the terminal must be usable afterwards.
  const restore = () => {
    if (stdin.isRaw) stdin.setRawMode(false);
    stdout.write(PASTE_OFF);
  };
  return {
    write: (text) => {
      stdout.write(text);
    },
    get columns() {
      return stdout.columns || DEFAULT_COLUMNS;
    },
    get rows() {
      return stdout.rows || DEFAULT_ROWS;
    },
    start(onData, onResize, onEnd) {
      process.once('exit', restore);
      stdin.setRawMode(true);
      stdout.write(PASTE_ON);
      stdin.on('data', onData).on('end', onEnd);
      stdout.on('resize', onResize);
      stdin.resume();
      detach = () => {
        stdin.off('data', onData).off('end', onEnd);
        stdout.off('resize', onResize);
      };
    },
    suspend(onResume) {
      restore();
      process.once('SIGCONT', () => {
        stdin.setRawMode(true);
        stdout.write(PASTE_ON);
        onResume();
      });
      // As the terminal does it: all programs of the group, so that the shell takes over.
      process.kill(0, 'SIGTSTP');
    },
    stop() {
      detach();
      process.off('exit', restore);
      restore();
      stdin.pause();
    },
  };
}
