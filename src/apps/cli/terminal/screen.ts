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

/** Painted lines for the width that the terminal has now; made again when it has another one. */
export type Layout = () => readonly string[];

/** What can be changed after it was printed, and in which of several ways it was printed. */
export interface Changeable {
  readonly id: number;
  readonly form: string;
}

/** A group of printed lines, and the rows that they take on the screen. */
interface Block {
  readonly of: Changeable | undefined;
  layout: Layout;
  rows: number;
}

/** Blocks that are remembered: none above them can be on a screen. */
const MAX_BLOCKS = 500;
/** Home, and all below it erased; what has scrolled out stays, and nothing more scrolls out. */
const ERASE = '\u001b[H\u001b[J';

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
  /** Rows of the typed text and the status. */
  #drawnRows = 1;
  /** Blocks before it are not on the screen, or nobody knows where. */
  #firstOnScreen = 0;
  #closed = false;

  constructor(port: ScreenPort, prompt = PROMPT) {
    this.#port = port;
    this.#input = { prompt, before: '', after: '' };
    port.write(this.#draw());
  }

  /** Lines of somebody that may change are changed by {@link replace} while they are on the screen. */
  print(layout: Layout, of?: Changeable): void {
    this.printAll([{ layout, of }]);
  }

  /** Prints several at once: what is typed is drawn again only below the last. */
  printAll(printed: readonly { readonly layout: Layout; readonly of: Changeable | undefined }[]): void {
    if (this.#closed) return;
    let text = '';
    for (const { layout, of } of printed) {
      const lines = layout();
      if (lines.length === 0) continue;
      text += written(lines);
      this.#blocks.push({ of, layout, rows: this.#rowsOf(lines) });
    }
    if (text === '') return;
    const surplus = Math.max(0, this.#blocks.length - MAX_BLOCKS);
    this.#blocks.splice(0, surplus);
    this.#firstOnScreen = Math.max(0, this.#firstOnScreen - surplus);
    this.#port.write(this.#takeAway() + text + this.#draw());
  }

  /**
   * Writes other lines over all that were printed under an id; false when none of them is within reach, or they take
   * more or fewer rows now.
   */
  replace(id: number, layoutFor: (form: string) => Layout): boolean {
    if (this.#closed) return false;
    let isReplaced = false;
    for (const [at, block] of this.#blocks.entries()) {
      if (block.of?.id !== id) continue;
      const { layout } = block;
      block.layout = layoutFor(block.of.form);
      // What takes other rows is printed anew: here it stays as it was, also when all is drawn for another size.
      if (this.#rowsOf(block.layout()) !== block.rows) block.layout = layout;
      else isReplaced = this.#rewrite(at, block) || isReplaced;
    }
    return isReplaced;
  }

  #rewrite(at: number, block: Block): boolean {
    const lines = block.layout();
    const below = this.#blocks.slice(at).reduce((sum, each) => sum + each.rows, 0);
    const available = this.#port.rows - 1;
    if (at < this.#firstOnScreen) return false;
    if (this.#cursorRow + below > available) return false;
    const rewritten = lines.map((line) => `\u001b[K${line}`);
    const back = down(below - block.rows);
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

  /** Draws all anew for the size that the terminal has now: what it made of the rows of before cannot be known. */
  resize(input: Input, status: string): void {
    if (this.#closed) return;
    this.#input = input;
    this.#status = status;
    const drawn = this.#draw();
    let room = this.#port.rows - this.#drawnRows;
    const shown: string[] = [];
    let first = this.#blocks.length;
    for (; first > 0 && room > 0; first--) {
      const block = this.#blocks[first - 1] as Block;
      const lines = block.layout();
      block.rows = this.#rowsOf(lines);
      for (let at = lines.length; at > 0 && room > 0; at--) {
        shown.unshift(lines[at - 1] as string);
        room -= this.#rowsOf([lines[at - 1] as string]);
      }
    }
    this.#firstOnScreen = first;
    this.#port.write(ERASE + written(shown) + drawn);
  }

  /** To start over with a screen that is empty, but for what is typed. */
  clear(): void {
    this.#blocks = [];
    this.#firstOnScreen = 0;
    this.#port.write(`\u001b[H\u001b[2J${this.#draw()}`);
  }

  /** Takes the typed text away, for another program to write here; {@link comeBack} puts it back. */
  leave(): void {
    this.#firstOnScreen = this.#blocks.length;
    this.#port.write(this.#takeAway());
  }

  /** Draws what is typed below whatever is on the screen now. */
  comeBack(): void {
    this.#firstOnScreen = this.#blocks.length;
    this.#cursorRow = 0;
    this.#port.write(this.#takeAway() + this.#draw());
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
    this.#drawnRows = rows.length;
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
