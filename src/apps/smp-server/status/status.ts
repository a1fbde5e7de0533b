/** `sotto smp-server status`: shows the running server's state, once or continuously on a terminal. */
import { type Clock, sleep } from '../../../base/index.ts';
import { askControl } from '../../../hosting/index.ts';
import type { Snapshot } from '../control/snapshot.ts';
import { type Rates, ratesBetween, statusLines } from './view.ts';

/** The size of a terminal in characters. */
export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

export interface StatusOptions {
  readonly dataFolder: string;
  /** `live`: redraws on a terminal until stopped. */
  readonly mode: 'once' | 'json' | 'live';
  /** Called before each drawing, because terminals are resized. */
  screen(): TerminalSize;
  readonly clock: Clock;
}

const INTERVAL_MS = 1_000;
/** A minute of samples. */
const GRAPH_WIDTH = 60;
/** Columns before the graph. */
const GRAPH_START = 36;

const HINT = 'q or Ctrl+C closes this view; the server keeps running.';

const HOME = '\x1b[H';
const CLEAR_LINE = '\x1b[K';
const CLEAR_BELOW = '\x1b[J';
const CLEAR_SCREEN = '\x1b[2J';

const ask = async (dataFolder: string) => (await askControl(dataFolder, 'stats')) as unknown as Snapshot;

/** Rejects with `HostingError` when no server is running, or when it stops. */
export async function status(options: StatusOptions, write: (text: string) => void, stop: AbortSignal): Promise<void> {
  const { dataFolder, mode, clock } = options;
  let now = await ask(dataFolder);
  if (mode === 'json') return write(`${JSON.stringify(now)}\n`);
  if (mode === 'once') return write(`${statusLines(undefined, now, [], 0).join('\n')}\n`);
  const history: Rates[] = [];
  let before: Snapshot | undefined;
  write(CLEAR_SCREEN);
  while (!stop.aborted) {
    if (before !== undefined) history.push(ratesBetween(before, now));
    history.splice(0, history.length - GRAPH_WIDTH);
    const screen = options.screen();
    const graphWidth = Math.max(Math.min(GRAPH_WIDTH, screen.columns - GRAPH_START), 0);
    const lines = fitted(statusLines(before, now, history.slice(-graphWidth), graphWidth), screen);
    write(`${HOME}${lines.map((line) => `${line}${CLEAR_LINE}`).join('\n')}${CLEAR_BELOW}`);
    await sleep(clock, INTERVAL_MS, stop).catch(() => {});
    if (stop.aborted) return;
    before = now;
    now = await ask(dataFolder);
  }
}

/** Fits the lines above the hint, truncated to the width of the screen. */
function fitted(lines: readonly string[], { columns, rows }: TerminalSize): readonly string[] {
  const room = [...lines, ''].slice(0, Math.max(rows - 1, 0));
  return [...room, HINT].map((line) => line.slice(0, columns));
}
