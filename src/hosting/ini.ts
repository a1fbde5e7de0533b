/**
 * INI files as operators know them:
 *
 * ```
 * file = *line
 * line = "[" section "]" / key ("=" / ":") value / ("#" / ";") comment / empty
 * ```
 *
 * Values go to the end of the line. Unknown sections and keys are kept and ignored, so that newer files work.
 */
import { HostingError } from './errors.ts';

export class Ini {
  readonly #name: string;
  readonly #sections: ReadonlyMap<string, ReadonlyMap<string, string>>;

  constructor(name: string, sections: ReadonlyMap<string, ReadonlyMap<string, string>>) {
    this.#name = name;
    this.#sections = sections;
  }

  /** The value, or undefined when it is absent or empty. */
  text(section: string, key: string): string | undefined {
    const value = this.#sections.get(section)?.get(key);
    return value === '' ? undefined : value;
  }

  /** `on` or `off`. */
  flag(section: string, key: string, otherwise: boolean): boolean {
    const value = this.text(section, key);
    if (value === undefined) return otherwise;
    if (value !== 'on' && value !== 'off') this.#refuse(section, key, 'is neither on nor off');
    return value === 'on';
  }

  /** A whole number from `min` to `max`. */
  number(section: string, key: string, min: number, max: number): number | undefined {
    const value = this.text(section, key);
    return value === undefined ? undefined : this.#toNumber(section, key, value, min, max);
  }

  /** Whole numbers separated by commas. */
  numbers(section: string, key: string, min: number, max: number): readonly number[] {
    const parts = this.text(section, key)?.split(',') ?? [];
    return parts.map((part) => this.#toNumber(section, key, part.trim(), min, max));
  }

  #toNumber(section: string, key: string, value: string, min: number, max: number): number {
    const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
    if (!(number >= min && number <= max)) this.#refuse(section, key, `is not a number from ${min} to ${max}`);
    return number;
  }

  #refuse(section: string, key: string, why: string): never {
    throw new HostingError(`In ${this.#name}, "${key}" of [${section}] ${why}.`);
  }
}

/** Reads the text of an INI file; `name` is for messages. Throws {@link HostingError} with the line it cannot read. */
export function parseIni(text: string, name: string): Ini {
  const sections = new Map<string, Map<string, string>>();
  let section: Map<string, string> | undefined;
  text.split(/\r?\n/).forEach((raw, index) => {
    const line = raw.trim();
    if (line === '' || line.startsWith('#') || line.startsWith(';')) return;
    const header = /^\[([^\]]+)\]$/.exec(line)?.[1]?.trim();
    if (header !== undefined) {
      section = sections.get(header) ?? new Map<string, string>();
      sections.set(header, section);
      return;
    }
    const entry = /^([^=:\s]+)\s*[=:]\s*(.*)$/.exec(line);
    // Not the whole line: a password may stand in it.
    if (entry === null) throw new HostingError(`Line ${index + 1} of ${name} is not a setting: ${line.split(/\s/)[0]}`);
    if (section === undefined) throw new HostingError(`Line ${index + 1} of ${name} stands before any [section].`);
    section.set(entry[1]!, entry[2]!);
  });
  return new Ini(name, sections);
}
