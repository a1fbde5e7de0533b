/** The typed text in rows of the terminal, broken between words, and where the cursor stands in them. */
import { graphemes, graphemeWidth } from './width.ts';

export interface InputLayout {
  readonly rows: readonly string[];
  readonly row: number;
  readonly column: number;
}

interface Cell {
  readonly text: string;
  readonly width: number;
  /** The cursor stands before it. */
  readonly cursor: boolean;
}

/** Lines after the first begin below the text of the first. */
export function layoutInput(prompt: string, before: string, after: string, columns: number): InputLayout {
  const indent = Math.min(graphemes(prompt).length, Math.floor(columns / 3));
  const rows: Cell[][] = [cellsOf(prompt)];
  /** Cells at the start of the row that are never moved to the next. */
  let fixed = rows[0]?.length ?? 0;
  let used = widthOf(rows[0] ?? []);
  const next = (cells: Cell[], keep: number) => {
    rows.push(cells);
    fixed = keep;
    used = widthOf(cells);
  };
  const put = (cell: Cell) => {
    if (used + cell.width > columns) {
      const row = rows.at(-1) ?? [];
      const space = row.findLastIndex(({ text }) => text === ' ');
      const moved = space >= fixed && cell.text !== ' ' ? row.splice(space + 1) : [];
      next(moved, 0);
    }
    rows.at(-1)?.push(cell);
    used += cell.width;
  };
  // The cursor is a cell that takes no room, but at the end of a full row.
  const cursor: Cell = { text: '', width: 0, cursor: true };
  for (const cell of [...cellsOf(before), cursor, ...cellsOf(after)]) {
    if (cell.text === '\n') next(cellsOf(' '.repeat(indent)), indent);
    else if (cell.cursor && used >= columns) {
      next([cell], 0);
    } else put(cell);
  }
  const row = rows.findIndex((cells) => cells.some((cell) => cell.cursor));
  const cells = rows[row] ?? [];
  const column = widthOf(
    cells.slice(
      0,
      cells.findIndex((cell) => cell.cursor),
    ),
  );
  return { rows: rows.map((each) => each.map(({ text }) => text).join('')), row, column };
}

function cellsOf(text: string): Cell[] {
  return graphemes(text).map((char) => {
    const shown = char === '\t' ? ' ' : char === '\r\n' ? '\n' : char;
    return { text: shown, width: graphemeWidth(shown), cursor: false };
  });
}

const widthOf = (cells: readonly Cell[]) => cells.reduce((sum, cell) => sum + cell.width, 0);
