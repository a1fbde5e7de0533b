/** `sotto smp-server status`: asks the running server once, or again and again on a terminal. */
import { type Clock, sleep } from '../../../base/index.ts';
import { askControl } from '../../../hosting/index.ts';
import type { Snapshot } from '../control/snapshot.ts';
import { type Rates, ratesBetween, statusLines } from './view.ts';

/** What a terminal has room for. */
export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

export interface StatusOptions {
  readonly dataFolder: string;
  /** `live` draws on a terminal until it is ended. */
  readonly mode: 'once' | 'json' | 'live';
  /** Asked before each drawing: terminals change. */
  screen(): TerminalSize;
  readonly clock: Clock;
}

const INTERVAL_MS = 1_000;
/** A minute. */
const GRAPH_WIDTH = 60;
/** Columns in front of the graph. */
const GRAPH_START = 36;

const HINT = 'q or Ctrl+C ends this; the server goes on.';

const HOME = '\x1b[H';
const CLEAR_LINE = '\x1b[K';
const CLEAR_BELOW = '\x1b[J';
const CLEAR_SCREEN = '\x1b[2J';

const ask = async (dataFolder: string) => (await askControl(dataFolder, 'stats')) as unknown as Snapshot;

/** Rejects with `HostingError` when no server runs, or when it ends. */
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

/** The first lines that have room above the hint, none longer than the screen is wide. */
function fitted(lines: readonly string[], { columns, rows }: TerminalSize): readonly string[] {
  const room = [...lines, ''].slice(0, Math.max(rows - 1, 0));
  return [...room, HINT].map((line) => line.slice(0, columns));
}
