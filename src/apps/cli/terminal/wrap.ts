/**
 * Lines in rows of a terminal, broken where readers expect it: between words, and inside of them only in scripts that
 * have no spaces, or where a word is longer than a row. Links stay whole, so that they can be copied and opened; the
 * terminal goes on with them on the next row.
 */
import type { Line, Span } from '../show/look.ts';
import { graphemes, graphemeWidth, segmentsOf } from './width.ts';

/** A grapheme, and the part of the line that it is of. */
interface Cell {
  readonly text: string;
  readonly width: number;
  readonly of: Span;
  /** Of a link that is not broken. */
  readonly inLink: boolean;
}

/** Cells that stay together. */
interface Piece {
  readonly kind: 'word' | 'space' | 'link';
  readonly cells: readonly Cell[];
  readonly width: number;
}

/** Fewer columns are not made fewer by room for a tail. */
const MIN_COLUMNS = 20;

export function wrapLine(line: Line, width: number): readonly (readonly Span[])[] {
  const room = line.tail?.room ?? 0;
  const columns = width - room < MIN_COLUMNS ? width : width - room;
  const rows = wrapSpans(line, columns);
  const { tail } = line;
  return tail === undefined ? rows : [...rows.slice(0, -1), [...(rows.at(-1) ?? []), tail.span]];
}

function wrapSpans(line: Line, columns: number): readonly (readonly Span[])[] {
  const rows: Cell[][] = [[]];
  const indent = Math.max(0, Math.min(line.hang, Math.floor(columns / 2)));
  let used = 0;
  let gap: readonly Cell[] = [];
  const put = (cells: readonly Cell[], width: number) => {
    for (const cell of cells) rows.at(-1)?.push(cell);
    used += width;
  };
  const next = () => {
    rows.push([]);
    gap = [];
    used = 0;
    if (indent > 0) put([{ text: ' '.repeat(indent), width: indent, of: blank, inLink: false }], indent);
  };
  const atStart = () => used === (rows.length > 1 ? indent : 0) && gap.length === 0;
  for (const piece of pieces(line)) {
    if (piece.kind === 'space') {
      // Space at the start of the line is its indentation; between rows it is dropped.
      if (rows.length === 1 || !atStart()) gap = piece.cells;
      continue;
    }
    const gapWidth = widthOf(gap);
    if (used + gapWidth + piece.width <= columns) {
      put(gap, gapWidth);
      put(piece.cells, piece.width);
      gap = [];
      continue;
    }
    const fits = indent + piece.width <= columns;
    if (!atStart() && (fits || piece.kind === 'link' || used + gapWidth >= columns)) next();
    else put(gap, gapWidth);
    gap = [];
    if (fits && atStart()) put(piece.cells, piece.width);
    else if (piece.kind === 'link') {
      put(piece.cells, 0);
      used = (used + piece.width) % columns;
    } else {
      for (const cell of piece.cells) {
        if (used + cell.width > columns) next();
        put([cell], cell.width);
      }
    }
  }
  return rows.map(spansOf);
}

const blank: Span = { text: '', source: '', mark: undefined };
const widthOf = (cells: readonly Cell[]) => cells.reduce((sum, cell) => sum + cell.width, 0);

/** Neighbouring cells of one part, together again. */
function spansOf(cells: readonly Cell[]): readonly Span[] {
  const spans: { text: string; of: Span }[] = [];
  for (const { text, of } of cells) {
    const last = spans.at(-1);
    if (last?.of === of) last.text += text;
    else spans.push({ text, of });
  }
  return spans.map(({ text, of }) => ({ text, source: text, mark: of.mark }));
}

function pieces(line: Line): readonly Piece[] {
  const cells = line.spans.flatMap((of): Cell[] => {
    const inLink = isWholeLink(of);
    return graphemes(of.text).map((text) => ({ text, width: graphemeWidth(text), of, inLink }));
  });
  const found: { kind: Piece['kind']; cells: Cell[] }[] = [];
  for (const cell of cells) {
    const last = found.at(-1);
    const kind = isSpace(cell) ? 'space' : cell.inLink ? 'link' : 'word';
    if (last !== undefined && last.kind === kind && (kind !== 'link' || last.cells.at(-1)?.of === cell.of)) {
      last.cells.push(cell);
    } else found.push({ kind, cells: [cell] });
  }
  return found
    .flatMap(({ kind, cells: inside }) => (kind === 'word' ? words(inside) : [inside]).map((part) => ({ kind, part })))
    .map(({ kind, part }) => ({ kind, cells: part, width: widthOf(part) }));
}

const isSpace = ({ text }: Cell) => text === ' ';

/** Of visible ASCII alone: such a link cannot be made to look like a row of its own. */
const isWholeLink = ({ mark, text }: Span) => mark?.kind === 'link' && /^[!-~]+$/.test(text);

const NO_BREAK_BEFORE =
  /^[\p{Pe}\p{Pf}\p{Po}\u3005\u303b\u309d\u309e\u30fc-\u30fe\u3041\u3043\u3045\u3047\u3049\u3063]/u;
const NO_BREAK_AFTER = /^[\p{Ps}\p{Pi}]/u;
const IDEOGRAPHIC = /^[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Bopo}\u3000-\u303f\uff00-\uffef]/u;
const WITHOUT_SPACES = /[\p{sc=Thai}\p{sc=Laoo}\p{sc=Khmr}\p{sc=Mymr}]/u;

let wordSegmenter: Intl.Segmenter | undefined;

/** The places inside a run without spaces where it may be broken. */
function words(cells: readonly Cell[]): readonly (readonly Cell[])[] {
  const starts = wordStarts(cells);
  const parts: Cell[][] = [];
  for (const [i, cell] of cells.entries()) {
    const before = cells[i - 1]?.text ?? '';
    const ideographic = IDEOGRAPHIC.test(cell.text) || IDEOGRAPHIC.test(before);
    const allowed = !NO_BREAK_BEFORE.test(cell.text) && !NO_BREAK_AFTER.test(before);
    if (i === 0 || (allowed && (ideographic || starts?.has(i)))) parts.push([cell]);
    else parts.at(-1)?.push(cell);
  }
  return parts;
}

/** Where words begin in scripts whose words only a dictionary tells apart. */
function wordStarts(cells: readonly Cell[]): ReadonlySet<number> | undefined {
  const text = cells.map((cell) => cell.text).join('');
  if (!WITHOUT_SPACES.test(text)) return undefined;
  wordSegmenter ??= new Intl.Segmenter('th', { granularity: 'word' });
  const offsets = new Set<number>();
  let end = 0;
  for (const word of segmentsOf(wordSegmenter, text)) {
    offsets.add(end);
    end += word.length;
  }
  const starts = new Set<number>();
  let offset = 0;
  for (const [i, cell] of cells.entries()) {
    if (offsets.has(offset)) starts.add(i);
    offset += cell.text.length;
  }
  return starts;
}
