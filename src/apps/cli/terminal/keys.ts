/** Bytes of a terminal as keys: UTF-8, control characters, and the escape sequences of the usual terminals. */

import { StringDecoder } from 'node:string_decoder';
import { MAX_PASTE } from '../commands/paste-limits.ts';

export type Key =
  | { readonly kind: 'text'; readonly text: string }
  /** `unmarked`: known by its lines alone, as the terminal does not mark pastes. */
  | { readonly kind: 'paste'; readonly text: string; readonly unmarked?: true }
  | { readonly kind: KeyName };

export type KeyName =
  | 'enter'
  | 'newline'
  | 'tab'
  | 'backspace'
  | 'delete'
  | 'left'
  | 'right'
  | 'up'
  | 'down'
  | 'home'
  | 'end'
  | 'word-left'
  | 'word-right'
  | 'delete-word'
  | 'delete-to-start'
  | 'delete-to-end'
  | 'redraw'
  | 'suspend'
  | 'interrupt'
  | 'end-of-input'
  | 'refused-paste';

const control: Readonly<Record<string, KeyName>> = {
  '\r': 'enter',
  '\n': 'newline',
  '\t': 'tab',
  '\u007f': 'backspace',
  '\b': 'backspace',
  '\u0001': 'home',
  '\u0002': 'left',
  '\u0003': 'interrupt',
  '\u0004': 'end-of-input',
  '\u0005': 'end',
  '\u0006': 'right',
  '\u000b': 'delete-to-end',
  '\u000c': 'redraw',
  '\u000e': 'down',
  '\u0010': 'up',
  '\u0015': 'delete-to-start',
  '\u0017': 'delete-word',
  '\u001a': 'suspend',
};

/** What follows the escape character. */
const sequences: Readonly<Record<string, KeyName>> = {
  '[A': 'up',
  '[B': 'down',
  '[C': 'right',
  '[D': 'left',
  '[H': 'home',
  '[F': 'end',
  '[1~': 'home',
  '[7~': 'home',
  '[4~': 'end',
  '[8~': 'end',
  '[3~': 'delete',
  OA: 'up',
  OB: 'down',
  OC: 'right',
  OD: 'left',
  OH: 'home',
  OF: 'end',
  '[1;5C': 'word-right',
  '[1;5D': 'word-left',
  '[1;3C': 'word-right',
  '[1;3D': 'word-left',
  f: 'word-right',
  b: 'word-left',
  '\u007f': 'delete-word',
  '\r': 'newline',
  // Enter with Shift, Alt or Control, where terminals tell it apart.
  '[13;2u': 'newline',
  '[13;3u': 'newline',
  '[13;5u': 'newline',
  '[27;2;13~': 'newline',
  '[27;3;13~': 'newline',
  '[27;5;13~': 'newline',
};

const PASTE_START = '\u001b[200~';
const PASTE_END = '\u001b[201~';
const ESCAPE = '\u001b';

/** No sequence is longer; what does not end by then is none. */
const MAX_SEQUENCE = 16;

/**
 * What the escape character may be followed by, to its end. Alone, it is no key: another escape or a control character
 * after it is a key of its own, but for Alt with Enter and with Backspace.
 */
const SEQUENCE = /^(?:\[[0-?]*[ -/]*[@-~]|O[A-Z]|[\r\u007f]|[^[O\p{Cc}])/u;
const UNFINISHED = /^(?:\[[0-?]*[ -/]*|O)?$/;

const literal = (sign: string) => sign.replace('[', '\\[');
/** A paste that the terminal marks, up to its end or that of the read. */
const MARKED_PASTE = new RegExp(`${literal(PASTE_START)}[^]*?(?:${literal(PASTE_END)}|$)`, 'g');
const BEHIND_BREAK = new RegExp(`[\\r\\n][^\\r\\n${ESCAPE}]`);

/** Text behind a line break in one read, whatever else is in it: one key more than Enter is not pressed so fast. */
const isUnmarkedPaste = (text: string) => BEHIND_BREAK.test(text.replace(MARKED_PASTE, ''));

/** Turns chunks of input into keys; a sequence may be split between chunks. */
export class KeyReader {
  readonly #utf8 = new StringDecoder('utf8');
  #pending = '';
  /** In a paste that was refused: nothing of it is to be taken for keys. */
  #refusing = false;

  read(chunk: Uint8Array): readonly Key[] {
    const text = this.#utf8.write(Buffer.from(chunk));
    // Nobody types lines so fast: a paste of a terminal that does not mark it as one. Its lines must not run as commands.
    if (this.#pending === '' && !this.#refusing && isUnmarkedPaste(text)) {
      return [text.length > MAX_PASTE ? { kind: 'refused-paste' } : { kind: 'paste', text, unmarked: true }];
    }
    this.#pending += text;
    const keys: Key[] = [];
    for (;;) {
      const key = this.#next();
      if (key === undefined) return keys;
      if (key !== 'ignored') keys.push(key);
    }
  }

  #next(): Key | 'ignored' | undefined {
    const input = this.#pending;
    if (input === '') return undefined;
    if (this.#refusing) return this.#skipPaste();
    if (input.startsWith(PASTE_START)) return this.#paste();
    if (input.startsWith(ESCAPE)) return this.#escape();
    const first = input[0] ?? '';
    if (first < ' ' || first === '\u007f') {
      this.#pending = input.slice(1);
      const name = control[first];
      return name === undefined ? 'ignored' : { kind: name };
    }
    const text = /^\P{Cc}+/u.exec(input)?.[0];
    this.#pending = input.slice(text?.length ?? 1);
    return text === undefined ? 'ignored' : { kind: 'text', text };
  }

  #paste(): Key | undefined {
    const end = this.#pending.indexOf(PASTE_END);
    const length = (end < 0 ? this.#pending.length : end) - PASTE_START.length;
    if (length > MAX_PASTE) {
      this.#refusing = true;
      return { kind: 'refused-paste' };
    }
    if (end < 0) return undefined;
    const text = this.#pending.slice(PASTE_START.length, end);
    this.#pending = this.#pending.slice(end + PASTE_END.length);
    return { kind: 'paste', text };
  }

  #skipPaste(): 'ignored' | undefined {
    const end = this.#pending.indexOf(PASTE_END);
    this.#refusing = end < 0;
    // The end may be split between chunks.
    this.#pending = this.#pending.slice(end < 0 ? 1 - PASTE_END.length : end + PASTE_END.length);
    return this.#refusing ? undefined : 'ignored';
  }

  /** An escape character alone is not a key we use: it waits for what follows. */
  #escape(): Key | 'ignored' | undefined {
    const input = this.#pending.slice(ESCAPE.length);
    const sequence = SEQUENCE.exec(input)?.[0];
    if (sequence === undefined && input.length < MAX_SEQUENCE && UNFINISHED.test(input)) return undefined;
    this.#pending = input.slice(sequence?.length ?? 0);
    const name = sequences[sequence ?? ''];
    return name === undefined ? 'ignored' : { kind: name };
  }
}
