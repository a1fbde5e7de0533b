/** The text that is being typed: on both sides of the cursor, and the texts typed before. No output. */

import { withoutLastBreaks } from '../commands/paste-limits.ts';
import type { Key } from './keys.ts';
import { graphemes } from './width.ts';

/** How many lines are remembered. */
const MAX_HISTORY = 500;

export interface LineState {
  readonly before: string;
  readonly after: string;
}

/** What a key leads to beyond the line itself. */
export type EditorAction =
  | { readonly kind: 'none' }
  | { readonly kind: 'submit'; readonly line: string }
  | { readonly kind: 'complete' }
  | { readonly kind: 'redraw' }
  | { readonly kind: 'quit' };

const none: EditorAction = { kind: 'none' };
const empty: LineState = { before: '', after: '' };

/** Keys that begin a command rather than a message to the current contact. */
const COMMAND_START = /^[@#/>\\!+-]/;
/** After these and a space the current contact is meant, too. */
const MESSAGE_COMMAND = /^(?:>>?|!|\\\\?)$/;

export class LineEditor {
  #line: LineState = empty;
  #history: string[];
  /** Position in the history; its length is the line that is being typed. */
  #position: number;
  #draft = '';
  /** The change of the last message that was offered. */
  #offer: string | undefined;
  /** Put in front of a message that is entered without a recipient: `@bob `. */
  recipient = '';
  readonly #asEdit: (line: string) => string | undefined;

  /** `history`: of before, oldest first. `asEdit`: the line that changes what a line has sent. */
  constructor(history: readonly string[] = [], asEdit: (line: string) => string | undefined = () => undefined) {
    this.#history = history.slice(-MAX_HISTORY);
    this.#position = this.#history.length;
    this.#asEdit = asEdit;
  }

  get line(): LineState {
    return this.#line;
  }

  insert(text: string): void {
    const { before, after } = this.#line;
    const suffix = text === ' ' && after === '' && MESSAGE_COMMAND.test(before) ? this.recipient : '';
    this.#line = { before: before + text + suffix, after };
  }

  /** Puts other text in place of what is before the cursor. */
  replaceBefore(before: string): void {
    this.#line = { before, after: this.#line.after };
  }

  press(key: Key): EditorAction {
    const { before, after } = this.#line;
    switch (key.kind) {
      case 'text':
        this.insert(key.text);
        return none;
      case 'paste':
        this.#paste(key.text);
        return none;
      case 'refused-paste':
      case 'suspend':
        return none;
      case 'enter':
        return this.#submit();
      case 'newline':
        if (before !== '' || after !== '') this.#line = { before: `${before}\n`, after };
        return none;
      case 'tab':
        return { kind: 'complete' };
      case 'redraw':
        return { kind: 'redraw' };
      case 'interrupt':
        if (before === '' && after === '') return { kind: 'quit' };
        this.#line = empty;
        this.#position = this.#history.length;
        return none;
      case 'end-of-input':
        if (before === '' && after === '') return { kind: 'quit' };
        this.#line = { before, after: dropFirst(after) };
        return none;
      case 'up':
        if (before.includes('\n')) this.#line = lineUp(before, after);
        else this.#older();
        return none;
      case 'down':
        if (after.includes('\n')) this.#line = lineDown(before, after);
        else this.#newer();
        return none;
      default:
        this.#line = edited(key.kind, this.#line);
        return none;
    }
  }

  /** Takes lines out of what the arrows bring back. */
  forget(lines: ReadonlySet<string>): void {
    if (!this.#history.some((line) => lines.has(line))) return;
    this.#history = this.#history.filter((line) => !lines.has(line));
    this.#position = this.#history.length;
  }

  /** Line breaks inside of what is pasted stay; one at the end is not meant to send it. */
  #paste(text: string): void {
    const lines = withoutLastBreaks(text.replace(/\r\n?/g, '\n'));
    const clean = lines.replace(/(?![\n\t])\p{Cc}/gu, '');
    if (clean !== '') this.insert(clean);
  }

  #submit(): EditorAction {
    const typed = (this.#line.before + this.#line.after).trimEnd();
    this.#line = empty;
    this.#offer = undefined;
    if (typed.trim() === '') return none;
    const line = COMMAND_START.test(typed) ? typed : this.recipient + typed;
    if (this.#history.at(-1) !== line) this.#history.push(line);
    if (this.#history.length > MAX_HISTORY) this.#history.shift();
    this.#position = this.#history.length;
    return { kind: 'submit', line };
  }

  /** On an empty line the last message comes first, ready to be changed, and only then what was typed. */
  #older(): void {
    const text = this.#line.before + this.#line.after;
    const atEnd = this.#position === this.#history.length;
    const last = this.#history.at(-1);
    if (atEnd && text === '' && last !== undefined) {
      this.#offer = this.#asEdit(last);
      if (this.#offer !== undefined) {
        this.#draft = '';
        this.#line = { before: this.#offer, after: '' };
        return;
      }
    }
    if (atEnd && text !== this.#offer) this.#draft = text;
    if (this.#position > 0) this.#recall(this.#position - 1);
  }

  #newer(): void {
    const atEnd = this.#position === this.#history.length;
    if (atEnd && this.#line.before + this.#line.after === this.#offer) this.#line = empty;
    if (!atEnd) this.#recall(this.#position + 1);
  }

  #recall(position: number): void {
    this.#position = position;
    this.#line = { before: this.#history[position] ?? this.#draft, after: '' };
  }
}

/** The cursor a line up or down, in the same place of it or at its end. */
function lineUp(before: string, after: string): LineState {
  const lines = before.split('\n');
  const column = graphemes(lines.at(-1) ?? '').length;
  const above = lines.at(-2) ?? '';
  const start = before.length - (lines.at(-1)?.length ?? 0) - 1 - above.length;
  return move(before, after, start + graphemes(above).slice(0, column).join('').length);
}

function lineDown(before: string, after: string): LineState {
  const column = graphemes(before.split('\n').at(-1) ?? '').length;
  const [rest = '', below = ''] = after.split('\n');
  const target = before.length + rest.length + 1 + graphemes(below).slice(0, column).join('').length;
  return move(before, after, target);
}

type EditKey = Exclude<
  Key['kind'],
  | 'text'
  | 'paste'
  | 'refused-paste'
  | 'enter'
  | 'newline'
  | 'tab'
  | 'redraw'
  | 'suspend'
  | 'interrupt'
  | 'end-of-input'
  | 'up'
  | 'down'
>;

function edited(key: EditKey, { before, after }: LineState): LineState {
  switch (key) {
    case 'backspace':
      return { before: dropLast(before), after };
    case 'delete':
      return { before, after: dropFirst(after) };
    case 'left':
      return move(before, after, dropLast(before).length);
    case 'right':
      return move(before, after, before.length + after.length - dropFirst(after).length);
    case 'home':
    case 'delete-to-start':
      return { before: '', after: key === 'home' ? before + after : after };
    case 'end':
    case 'delete-to-end':
      return { before: key === 'end' ? before + after : before, after: '' };
    case 'word-left':
      return move(before, after, wordStart(before));
    case 'word-right':
      return move(before, after, before.length + (/^\s*\S*/.exec(after)?.[0].length ?? 0));
    case 'delete-word':
      return { before: before.slice(0, wordStart(before)), after };
  }
}

function move(before: string, after: string, to: number): LineState {
  const all = before + after;
  return { before: all.slice(0, to), after: all.slice(to) };
}

function wordStart(text: string): number {
  return text.replace(/\S*\s*$/, '').length;
}

function dropLast(text: string): string {
  return text.slice(0, text.length - (graphemes(text).at(-1)?.length ?? 0));
}

function dropFirst(text: string): string {
  return text.slice(graphemes(text)[0]?.length ?? 0);
}
