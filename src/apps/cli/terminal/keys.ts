/** Bytes of a terminal as keys: UTF-8, control characters, and the escape sequences of the usual terminals. */
import { StringDecoder } from 'node:string_decoder';

export type Key =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'paste'; readonly text: string }
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
  | 'interrupt'
  | 'end-of-input';

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

/** The most that is taken as one paste; what is beyond it is typed text. */
const MAX_PASTE = 1 << 20;

/** No sequence is longer; what does not end by then is none. */
const MAX_SEQUENCE = 16;

/** Turns chunks of input into keys; a sequence may be split between chunks. */
export class KeyReader {
  readonly #utf8 = new StringDecoder('utf8');
  #pending = '';

  read(chunk: Uint8Array): readonly Key[] {
    this.#pending += this.#utf8.write(Buffer.from(chunk));
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
    if (end < 0 && this.#pending.length <= MAX_PASTE) return undefined;
    const text = this.#pending.slice(PASTE_START.length, end < 0 ? undefined : end);
    this.#pending = end < 0 ? '' : this.#pending.slice(end + PASTE_END.length);
    return { kind: 'paste', text };
  }

  /** An escape character alone is not a key we use: it waits for what follows. */
  #escape(): Key | 'ignored' | undefined {
    const input = this.#pending.slice(ESCAPE.length);
    const sequence = /^(?:\[[\d;?]*[@-~]|O[A-Z]|[^[O])/u.exec(input)?.[0];
    if (sequence === undefined && input.length < MAX_SEQUENCE) return undefined;
    this.#pending = input.slice(sequence?.length ?? 0);
    const name = sequences[sequence ?? ''];
    return name === undefined ? 'ignored' : { kind: name };
  }
}
