/**
 * INI files, with the meaning that the reference's parser gives them (Haskell package `ini` 0.4.1):
 *
 * ```
 * file    = *line
 * line    = header [comment / setting] / setting / comment / empty
 * header  = "[" section "]"
 * setting = key ("=" / ": ") value
 * comment = ("#" / ";") text
 * ```
 *
 * Values go to the end of the line: there are no comments behind them. Of a key that stands twice in a section the first
 * counts, and of a section that stands twice the last, as a whole. Names are told apart by case. What is unknown is kept
 * and ignored, so that newer files work; `settings.ts` finds it. Lines that parser would take for a part of the next
 * one, or end at, are refused.
 */
import { HostingError } from '../errors.ts';
import { shownText } from '../words.ts';

/** A setting, and where it stands. */
export interface IniEntry {
  /** Of which of the sections of this name: several may have it, and the last counts. */
  readonly block: IniBlock;
  readonly section: string;
  readonly key: string;
  readonly value: string;
  readonly line: number;
}

/** A section, from its header to the next one. */
export interface IniBlock {
  readonly name: string;
  readonly line: number;
}

/** A comment behind a value, that is a part of the value. */
const COMMENT_BEHIND = /\s[#;]/;

export class Ini {
  /** For messages: the path of the file. */
  readonly name: string;
  /** In the order of the file. */
  readonly entries: readonly IniEntry[];
  readonly #byName = new Map<string, IniEntry>();
  readonly #faults: { readonly line: number; readonly text: string }[] = [];

  /** The section that counts, of each name. */
  readonly #blocks: ReadonlyMap<string, IniBlock>;

  constructor(name: string, blocks: readonly IniBlock[], entries: readonly IniEntry[]) {
    this.name = name;
    this.entries = entries;
    this.#blocks = new Map(blocks.map((block) => [block.name, block]));
    for (const entry of entries) {
      const key = nameOf(entry.section, entry.key);
      if (this.#blocks.get(entry.section) === entry.block && !this.#byName.has(key)) this.#byName.set(key, entry);
    }
  }

  /** The entry that counts. */
  entry(section: string, key: string): IniEntry | undefined {
    return this.#byName.get(nameOf(section, key));
  }

  /** The section of this name that counts. */
  block(section: string): IniBlock | undefined {
    return this.#blocks.get(section);
  }

  /** The value, or undefined when it is absent or empty. */
  text(section: string, key: string): string | undefined {
    const value = this.entry(section, key)?.value;
    return value === '' ? undefined : value;
  }

  /** One of `choices`; undefined when it is absent, or refused. */
  choice<T extends string>(section: string, key: string, choices: readonly T[]): T | undefined {
    const value = this.text(section, key);
    if (value === undefined) return undefined;
    const chosen = choices.find((choice) => choice === value);
    if (chosen === undefined) this.refuse(section, key, `is none of ${choices.join(', ')}`);
    return chosen;
  }

  /** `on` or `off`; `otherwise` when it is absent, or refused. */
  flag(section: string, key: string, otherwise: boolean): boolean {
    const value = this.text(section, key);
    if (value === 'on') return true;
    if (value === 'off') return false;
    if (value !== undefined) this.refuse(section, key, 'is neither on nor off');
    return otherwise;
  }

  /** A whole number from `min` to `max`; undefined when it is absent, or refused. */
  number(section: string, key: string, min: number, max: number): number | undefined {
    const value = this.text(section, key);
    return value === undefined ? undefined : this.#toNumber(section, key, value, min, max);
  }

  /** Whole numbers separated by commas, without those that are refused. */
  numbers(section: string, key: string, min: number, max: number): readonly number[] {
    const parts = this.text(section, key)?.split(',') ?? [];
    return parts.flatMap((part) => this.#toNumber(section, key, part.trim(), min, max) ?? []);
  }

  #toNumber(section: string, key: string, value: string, min: number, max: number): number | undefined {
    const number = /^-?\d+$/.test(value) ? Number(value) : Number.NaN;
    if (number >= min && number <= max) return number;
    this.refuse(section, key, `is not a number from ${min} to ${max}`);
    return undefined;
  }

  /** Has {@link expectValid} tell why a value cannot be. The value is not told: it may be a password. */
  refuse(section: string, key: string, why: string): void {
    const { line, value } = this.entry(section, key) ?? { line: 0, value: '' };
    const advice = COMMENT_BEHIND.test(value) ? '; a comment has to stand on a line of its own' : '';
    this.#faults.push({ line, text: `line ${line}: "${key}" of [${section}] ${why}${advice}` });
  }

  /** Throws a {@link HostingError} with everything that was refused. */
  expectValid(): void {
    const faults = this.#faults.toSorted((a, b) => a.line - b.line).map(({ text }) => text);
    if (faults.length === 0) return;
    if (faults.length === 1) throw new HostingError(`In ${this.name}, ${faults[0]}.`);
    throw new HostingError(`In ${this.name}:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
  }
}

const nameOf = (section: string, key: string) => `${section}\n${key}`;

const isComment = (text: string) => text.startsWith('#') || text.startsWith(';');

/** Reads the text of an INI file; `name` is for messages. Throws {@link HostingError} with the line it cannot read. */
export function parseIni(text: string, name: string): Ini {
  const blocks: IniBlock[] = [];
  const entries: IniEntry[] = [];
  const readSetting = (text: string, line: number) => {
    const [, key = '', separator, value = ''] = /^([^=:[\]]+)([=:])(.*)$/.exec(text) ?? [];
    // Not the whole line: a password may stand in it.
    if (separator === undefined)
      throw new HostingError(`Line ${line} of ${name} is not a setting: ${shownText(text.split(/\s/)[0]!)}`);
    const block = blocks.at(-1);
    if (block === undefined) throw new HostingError(`Line ${line} of ${name} stands before any [section].`);
    if (separator === ':' && /^\S/.test(value)) {
      throw new HostingError(
        `Line ${line} of ${name} needs a space behind the colon ("${shownText(key.trim())}: …"): other programs take the first character of the value away.`,
      );
    }
    entries.push({ block, section: block.name, key: key.trim(), value: value.trim(), line });
  };
  text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\r|\n/)
    .forEach((raw, index) => {
      const content = raw.trim();
      const [, header, rest = content] = /^\[([^[\]]+)\](.*)$/.exec(content) ?? [];
      if (header !== undefined) blocks.push({ name: header.trim(), line: index + 1 });
      const setting = rest.trim();
      if (setting !== '' && !isComment(setting)) readSetting(setting, index + 1);
    });
  return new Ini(name, blocks, entries);
}

/** Whether what looks like a comment behind a value is a part of it. */
export const hasCommentBehind = ({ value }: IniEntry): boolean => COMMENT_BEHIND.test(value);
