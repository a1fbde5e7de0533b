/**
 * What is on the terminal: lines that were printed, and below them the line that is being typed. Printing takes the
 * typed line away, writes, and puts it back, in one write. Lines that can still be reached are changed in place.
 */

import type { LineState } from './editor.ts';
import { graphemes, graphemeWidth, rowCount, wrap } from './width.ts';

/** The terminal that is drawn on. */
export interface ScreenPort {
  write(text: string): void;
  readonly columns: number;
  readonly rows: number;
}

/** A group of printed lines, some of which may change later. */
interface Block {
  readonly id: number | undefined;
  readonly lines: readonly string[];
  readonly rows: number;
}

/** Blocks that are remembered: none above them can be on a screen. */
const MAX_BLOCKS = 500;
const PROMPT = '> ';

const up = (rows: number) => (rows > 0 ? `\u001b[${rows}A` : '');
const down = (rows: number) => (rows > 0 ? `\u001b[${rows}B` : '');
const right = (columns: number) => (columns > 0 ? `\u001b[${columns}C` : '');
const CLEAR_BELOW = '\u001b[J';

export class Screen {
  readonly #port: ScreenPort;
  #blocks: Block[] = [];
  #line: LineState = { before: '', after: '' };
  /** Rows of the typed line above the cursor. */
  #cursorRow = 0;
  #closed = false;

  constructor(port: ScreenPort) {
    this.#port = port;
    port.write(this.#drawLine());
  }

  /** Lines with an id can be changed by {@link replace} while they are on the screen. */
  print(lines: readonly string[], id?: number): void {
    if (this.#closed) return;
    const rows = lines.reduce((sum, line) => sum + rowCount(line, this.#columns), 0);
    this.#blocks.push({ id, lines, rows });
    if (this.#blocks.length > MAX_BLOCKS) this.#blocks.shift();
    const text = lines.map((line) => `${line}\r\n`).join('');
    this.#port.write(this.#takeLineAway() + text + this.#drawLine());
  }

  /** Writes other lines over printed ones; false when they are out of reach or take more rows than before. */
  replace(id: number, lines: readonly string[]): boolean {
    const at = this.#blocks.findLastIndex((block) => block.id === id);
    const block = this.#blocks[at];
    const rows = lines.reduce((sum, line) => sum + rowCount(line, this.#columns), 0);
    if (block === undefined || block.rows !== rows) return false;
    const below = this.#blocks.slice(at).reduce((sum, each) => sum + each.rows, 0);
    const available = this.#port.rows - 1;
    if (this.#cursorRow + below > available) return false;
    this.#blocks[at] = { id, lines, rows };
    const text = lines.map((line) => `${line}\r\n`).join('');
    this.#port.write(`${this.#takeLineAway()}${up(below)}\r${text}${down(below - rows)}\r${this.#drawLine()}`);
    return true;
  }

  setLine(line: LineState): void {
    this.#line = line;
    this.#port.write(this.#takeLineAway() + this.#drawLine());
  }

  /** After the terminal changed its size, or to start over: what was printed is out of reach. */
  redraw(clear: boolean): void {
    this.#blocks = [];
    this.#port.write((clear ? '\u001b[H\u001b[2J' : this.#takeLineAway()) + this.#drawLine());
  }

  /** Leaves the cursor on a fresh line; what a command that was cut off still says is not shown. */
  close(): void {
    this.#port.write(this.#takeLineAway());
    this.#closed = true;
  }

  get #columns(): number {
    return Math.max(1, this.#port.columns);
  }

  #takeLineAway(): string {
    const text = `${up(this.#cursorRow)}\r${CLEAR_BELOW}`;
    this.#cursorRow = 0;
    return text;
  }

  /** Draws the prompt and as many rows of the typed line around the cursor as there is room for. */
  #drawLine(): string {
    const before = graphemes(PROMPT + this.#line.before);
    const columns = this.#columns;
    const all = wrap([...before, ...graphemes(this.#line.after)], columns).map((row) => [...row]);
    let { row, column } = position(before, columns);
    if (row === all.length) all.push([]);
    const shown = Math.max(1, this.#port.rows - 1);
    const first = Math.min(Math.max(0, all.length - shown), row);
    const rows = all.slice(first, first + shown);
    row -= first;
    this.#cursorRow = row;
    const text = rows.map((each) => each.join('')).join('\r\n');
    return `${text}${up(rows.length - 1 - row)}\r${right(column)}`;
  }
}

/** Where the cursor stands after `characters`. */
function position(characters: readonly string[], columns: number): { row: number; column: number } {
  const rows = wrap(characters, columns);
  const column = rows.at(-1)!.reduce((sum, char) => sum + graphemeWidth(char), 0);
  return column >= columns ? { row: rows.length, column: 0 } : { row: rows.length - 1, column };
}
