/**
 * INI files as operators know them:
 *
 * ```
 * file = *line
 * line = "[" section "]" / key ("=" / ":") value / ("#" / ";") comment / empty
 * ```
 *
 * Values go to the end of the line. What is unknown is kept and ignored, so that newer files work; `settings.ts` finds it.
 */
import { HostingError } from '../errors.ts';

/** A setting, and where it stands. */
export interface IniEntry {
  readonly section: string;
  readonly key: string;
  readonly value: string;
  readonly line: number;
}

export class Ini {
  /** For messages: the path of the file. */
  readonly name: string;
  /** In the order of the file. */
  readonly entries: readonly IniEntry[];
  readonly #byName = new Map<string, IniEntry>();
  readonly #faults: { readonly line: number; readonly text: string }[] = [];

  constructor(name: string, entries: readonly IniEntry[]) {
    this.name = name;
    this.entries = entries;
    for (const entry of entries) this.#byName.set(nameOf(entry.section, entry.key), entry);
  }

  /** The value, or undefined when it is absent or empty. */
  text(section: string, key: string): string | undefined {
    const value = this.#byName.get(nameOf(section, key))?.value;
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
    const line = this.#byName.get(nameOf(section, key))?.line ?? 0;
    this.#faults.push({ line, text: `line ${line}: "${key}" of [${section}] ${why}` });
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

/** Reads the text of an INI file; `name` is for messages. Throws {@link HostingError} with the line it cannot read. */
export function parseIni(text: string, name: string): Ini {
  const entries: IniEntry[] = [];
  let section: string | undefined;
  text.split(/\r?\n/).forEach((raw, index) => {
    const line = raw.trim();
    if (line === '' || line.startsWith('#') || line.startsWith(';')) return;
    const header = /^\[([^\]]+)\]$/.exec(line)?.[1]?.trim();
    if (header !== undefined) {
      section = header;
      return;
    }
    const entry = /^([^=:\s]+)\s*[=:]\s*(.*)$/.exec(line);
    // Not the whole line: a password may stand in it.
    if (entry === null) throw new HostingError(`Line ${index + 1} of ${name} is not a setting: ${line.split(/\s/)[0]}`);
    if (section === undefined) throw new HostingError(`Line ${index + 1} of ${name} stands before any [section].`);
    entries.push({ section, key: entry[1]!, value: entry[2]!, line: index + 1 });
  });
  return new Ini(name, entries);
}
