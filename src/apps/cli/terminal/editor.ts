/** The line that is being typed: text on both sides of the cursor, and the lines typed before. No output. */

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

export class LineEditor {
  #line: LineState = empty;
  readonly #history: string[] = [];
  /** Position in the history; its length is the line that is being typed. */
  #position = 0;
  #draft = '';
  /** Put in front of a message that begins without a recipient: `@bob `. */
  recipient = '';

  get line(): LineState {
    return this.#line;
  }

  insert(text: string): void {
    const first = this.#line.before === '' && this.#line.after === '';
    const prefix = first && !COMMAND_START.test(text) ? this.recipient : '';
    this.#line = { before: this.#line.before + prefix + text, after: this.#line.after };
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
      case 'enter':
        return this.#submit();
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
        this.#recall(this.#position - 1);
        return none;
      case 'down':
        this.#recall(this.#position + 1);
        return none;
      default:
        this.#line = edited(key.kind, this.#line);
        return none;
    }
  }

  /** A line break at the end of what is pasted is not meant to send it; those inside become spaces. */
  #paste(text: string): void {
    const line = text.replace(/[\r\n]+$/, '').replace(/\r\n|[\r\n\t]/g, ' ');
    const clean = line.replace(/\p{Cc}/gu, '');
    if (clean !== '') this.insert(clean);
  }

  #submit(): EditorAction {
    const line = this.#line.before + this.#line.after;
    this.#line = empty;
    if (line.trim() === '') return none;
    if (this.#history.at(-1) !== line) this.#history.push(line);
    if (this.#history.length > MAX_HISTORY) this.#history.shift();
    this.#position = this.#history.length;
    return { kind: 'submit', line };
  }

  #recall(position: number): void {
    if (position < 0 || position > this.#history.length) return;
    if (this.#position === this.#history.length) this.#draft = this.#line.before + this.#line.after;
    this.#position = position;
    this.#line = { before: this.#history[position] ?? this.#draft, after: '' };
  }
}

type EditKey = Exclude<
  Key['kind'],
  'text' | 'paste' | 'enter' | 'tab' | 'redraw' | 'interrupt' | 'end-of-input' | 'up' | 'down'
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
