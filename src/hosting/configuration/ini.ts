/**
 * INI files, parsed like the reference's parser (Haskell package `ini` 0.4.1):
 *
 * ```
 * file    = *line
 * line    = header [comment / setting] / setting / comment / empty
 * header  = "[" section "]"
 * setting = key ("=" / ": ") value
 * comment = ("#" / ";") text
 * ```
 *
 * Values extend to the end of the line; a comment cannot follow them. Of repeated keys in a section the first is
 * effective, and of repeated sections the last as a whole. Names are case-sensitive. Unknown sections and keys are kept
 * and ignored, so that newer files work; `settings.ts` reports them. Lines that the reference's parser would join with
 * the next line, or stop at, are refused.
 */
import { HostingError } from '../errors.ts';
import { shownText } from '../words.ts';

/** A setting and its position. */
export interface IniEntry {
  /** Its section: several may have the same name, and the last is effective. */
  readonly block: IniBlock;
  readonly section: string;
  readonly key: string;
  readonly value: string;
  readonly line: number;
}

/** A section, from its header to the next header. */
export interface IniBlock {
  readonly name: string;
  readonly line: number;
}

/** Text like a comment behind a value, which is part of the value. */
const COMMENT_BEHIND = /\s[#;]/;

export class Ini {
  /** The path of the file, for messages. */
  readonly name: string;
  /** In the order of the file. */
  readonly entries: readonly IniEntry[];
  readonly #byName = new Map<string, IniEntry>();
  readonly #faults: { readonly line: number; readonly text: string }[] = [];

  /** The effective section of each name. */
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

  /** The effective entry. */
  entry(section: string, key: string): IniEntry | undefined {
    return this.#byName.get(nameOf(section, key));
  }

  /** The effective section of this name. */
  block(section: string): IniBlock | undefined {
    return this.#blocks.get(section);
  }

  /** The value; undefined when it is absent or empty. */
  text(section: string, key: string): string | undefined {
    const value = this.entry(section, key)?.value;
    return value === '' ? undefined : value;
  }

  /** One of `choices`; undefined when it is absent or refused. */
  choice<T extends string>(section: string, key: string, choices: readonly T[]): T | undefined {
    const value = this.text(section, key);
    if (value === undefined) return undefined;
    const chosen = choices.find((choice) => choice === value);
    if (chosen === undefined) this.refuse(section, key, `is none of ${choices.join(', ')}`);
    return chosen;
  }

  /** `on` or `off`; `otherwise` when it is absent or refused. */
  flag(section: string, key: string, otherwise: boolean): boolean {
    const value = this.text(section, key);
    if (value === 'on') return true;
    if (value === 'off') return false;
    if (value !== undefined) this.refuse(section, key, 'is neither on nor off');
    return otherwise;
  }

  /** An integer from `min` to `max`; undefined when it is absent or refused. */
  number(section: string, key: string, min: number, max: number): number | undefined {
    const value = this.text(section, key);
    return value === undefined ? undefined : this.#toNumber(section, key, value, min, max);
  }

  /** Integers separated by commas, without refused ones. */
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

  /** Records an error for {@link expectValid}. The message does not contain the value, which may be a password. */
  refuse(section: string, key: string, why: string): void {
    const { line, value } = this.entry(section, key) ?? { line: 0, value: '' };
    const advice = COMMENT_BEHIND.test(value) ? '; a comment must be on its own line' : '';
    this.#faults.push({ line, text: `line ${line}: "${key}" of [${section}] ${why}${advice}` });
  }

  /** Throws a {@link HostingError} with all recorded errors. */
  expectValid(): void {
    const faults = this.#faults.toSorted((a, b) => a.line - b.line).map(({ text }) => text);
    if (faults.length === 0) return;
    if (faults.length === 1) throw new HostingError(`In ${this.name}, ${faults[0]}.`);
    throw new HostingError(`In ${this.name}:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
  }
}

const nameOf = (section: string, key: string) => `${section}\n${key}`;

const isComment = (text: string) => text.startsWith('#') || text.startsWith(';');

/** Parses an INI file; `name` is for messages. Throws {@link HostingError} with the number of an invalid line. */
export function parseIni(text: string, name: string): Ini {
  const blocks: IniBlock[] = [];
  const entries: IniEntry[] = [];
  const readSetting = (text: string, line: number) => {
    const [, key = '', separator, value = ''] = /^([^=:[\]]+)([=:])(.*)$/.exec(text) ?? [];
    // Only the first word: the line may contain a password.
    if (separator === undefined)
      throw new HostingError(`Line ${line} of ${name} is not a setting: ${shownText(text.split(/\s/)[0]!)}`);
    const block = blocks.at(-1);
    if (block === undefined) throw new HostingError(`Line ${line} of ${name} is before the first [section].`);
    if (separator === ':' && /^\S/.test(value)) {
      throw new HostingError(
        `Line ${line} of ${name} needs a space after the colon ("${shownText(key.trim())}: …"): other programs drop the first character of the value.`,
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

/** Whether a value contains text that looks like a comment. */
export const hasCommentBehind = ({ value }: IniEntry): boolean => COMMENT_BEHIND.test(value);
