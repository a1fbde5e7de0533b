/**
 * What is on the terminal: lines that were printed, below them the text that is being typed, and at the bottom how
 * things stand. Printing takes the typed text away, writes, and puts it back, in one write. Lines that can still be
 * reached are changed in place.
 */
import { type InputLayout, layoutInput } from './input-layout.ts';
import { rowCount } from './width.ts';

/** The terminal that is drawn on. */
export interface ScreenPort {
  write(text: string): void;
  readonly columns: number;
  readonly rows: number;
}

/** What is being typed: a question, and the text on both sides of the cursor. */
export interface Input {
  readonly prompt: string;
  /** Gives the prompt its look, which takes no columns. */
  readonly paint?: (prompt: string) => string;
  readonly before: string;
  readonly after: string;
}

/** A group of printed rows, some of which may change later. */
interface Block {
  readonly id: number | undefined;
  readonly lines: readonly string[];
  readonly rows: number;
}

/** Blocks that are remembered: none above them can be on a screen. */
const MAX_BLOCKS = 500;

const up = (rows: number) => (rows > 0 ? `\u001b[${rows}A` : '');
const down = (rows: number) => (rows > 0 ? `\u001b[${rows}B` : '');
const right = (columns: number) => (columns > 0 ? `\u001b[${columns}C` : '');
const CLEAR_BELOW = '\u001b[J';

export const PROMPT = '> ';

export class Screen {
  readonly #port: ScreenPort;
  #blocks: Block[] = [];
  #input: Input;
  #status = '';
  /** Rows of the typed text above the cursor. */
  #cursorRow = 0;
  #closed = false;

  constructor(port: ScreenPort, prompt = PROMPT) {
    this.#port = port;
    this.#input = { prompt, before: '', after: '' };
    port.write(this.#draw());
  }

  /** Lines are painted and fit the screen. Those with an id can be changed by {@link replace} while they are on it. */
  print(lines: readonly string[], id?: number): void {
    if (this.#closed) return;
    this.#blocks.push({ id, lines, rows: this.#rowsOf(lines) });
    if (this.#blocks.length > MAX_BLOCKS) this.#blocks.shift();
    this.#port.write(this.#takeAway() + written(lines) + this.#draw());
  }

  /** Writes other lines over printed ones; false when they are out of reach or take more rows than before. */
  replace(id: number, lines: readonly string[]): boolean {
    if (this.#closed) return false;
    const at = this.#blocks.findLastIndex((block) => block.id === id);
    const block = this.#blocks[at];
    const rows = this.#rowsOf(lines);
    if (block === undefined || block.rows !== rows) return false;
    const below = this.#blocks.slice(at).reduce((sum, each) => sum + each.rows, 0);
    const available = this.#port.rows - 1;
    if (this.#cursorRow + below > available) return false;
    this.#blocks[at] = { id, lines, rows };
    const rewritten = lines.map((line) => `\u001b[K${line}`);
    const back = down(below - rows);
    this.#port.write(`${this.#takeAway()}${up(below)}\r${written(rewritten)}${back}\r${this.#draw()}`);
    return true;
  }

  setInput(input: Input): void {
    this.#input = input;
    this.#redraw();
  }

  /** `status`: painted, and no longer than a row. */
  setStatus(status: string): void {
    if (status === this.#status || this.#closed) return;
    this.#status = status;
    this.#redraw();
  }

  /** After the terminal changed its size, or to start over: what was printed is out of reach. */
  redraw(clear: boolean): void {
    this.#blocks = [];
    this.#port.write((clear ? '\u001b[H\u001b[2J' : this.#takeAway()) + this.#draw());
  }

  /** Takes the typed text away, for another program to write here; {@link redraw} puts it back. */
  leave(): void {
    this.#blocks = [];
    this.#port.write(this.#takeAway());
  }

  /** Leaves the cursor on a fresh line; what a command that was cut off still says is not shown. */
  close(): void {
    this.#port.write(this.#takeAway());
    this.#closed = true;
  }

  #redraw(): void {
    if (!this.#closed) this.#port.write(this.#takeAway() + this.#draw());
  }

  get #columns(): number {
    return Math.max(1, this.#port.columns);
  }

  #rowsOf(lines: readonly string[]): number {
    return lines.reduce((sum, line) => sum + rowCount(line, this.#columns), 0);
  }

  #takeAway(): string {
    const text = `${up(this.#cursorRow)}\r${CLEAR_BELOW}`;
    this.#cursorRow = 0;
    return text;
  }

  /** Draws as many rows of the typed text around the cursor as there is room for, and the status. */
  #draw(): string {
    const { prompt, before, after, paint = (text) => text } = this.#input;
    const layout = layoutInput(prompt, before, after, this.#columns);
    const status = this.#status !== '' && this.#port.rows > 2 ? [this.#status] : [];
    const room = Math.max(1, this.#port.rows - 1 - status.length);
    const { rows: shown, row } = visibleRows(layout, room, prompt);
    if (shown[0]?.startsWith(prompt)) shown[0] = paint(prompt) + shown[0].slice(prompt.length);
    const rows = [...shown, ...status];
    this.#cursorRow = row;
    return `${rows.join('\r\n')}${up(rows.length - 1 - row)}\r${right(layout.column)}`;
  }
}

/**
 * As many rows as there is room for, around the cursor. The prompt stays in the first one, as it says whom the text is
 * for.
 */
function visibleRows({ rows, row }: InputLayout, room: number, prompt: string): { rows: string[]; row: number } {
  if (rows.length <= room) return { rows: [...rows], row };
  // One row for the prompt alone, where the first of the text is not among those that are shown.
  const below = Math.max(1, room - 1);
  const first = Math.min(Math.max(0, rows.length - below), row);
  if (room < 2) return { rows: rows.slice(first, first + room), row: row - first };
  if (first <= 1) return { rows: rows.slice(0, room), row };
  return { rows: [`${prompt}…`, ...rows.slice(first, first + below)], row: row - first + 1 };
}

const written = (lines: readonly string[]) => lines.map((line) => `${line}\r\n`).join('');
