/** Which settings a configuration may have: what else stands in a file is told, with its line, and ignored. */
import type { Ini, IniEntry } from './ini.ts';

/**
 * A setting is `used`, or it is known from other servers and does nothing here: then `because` says why, and values in
 * `unless` ask for what is done anyway and are not worth a word.
 */
export type KnownSetting = 'used' | { readonly because: string; readonly unless?: readonly string[] };

export type KnownSettings = Readonly<Record<string, Readonly<Record<string, KnownSetting>>>>;

export const used = (...keys: readonly string[]): Record<string, KnownSetting> =>
  Object.fromEntries(keys.map((key) => [key, 'used']));

export const unused = (because: string, ...keys: readonly string[]): Record<string, KnownSetting> =>
  Object.fromEntries(keys.map((key) => [key, { because }]));

/** The first known key that is one letter, or two swapped letters, away: most likely what was meant. */
function similar(key: string, known: readonly string[]): string | undefined {
  return known.find((candidate) => distance(key, candidate) <= 2);
}

/** Letters to insert, remove or replace to make `b` of `a`. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}

function meant(key: string, known: readonly string[]): string {
  const close = similar(key, known);
  return close === undefined ? '' : `; did you mean "${close}"?`;
}

function aboutEntry({ section, key, value }: IniEntry, known: KnownSettings): string | undefined {
  const settings = known[section];
  if (settings === undefined) return `there is no section [${section}]${meant(section, Object.keys(known))}`;
  const setting = Object.hasOwn(settings, key) ? settings[key] : undefined;
  if (setting === undefined) return `[${section}] has no setting "${key}"${meant(key, Object.keys(settings))}`;
  if (setting === 'used' || value === '' || setting.unless?.includes(value) === true) return undefined;
  return `"${key}" does nothing here: ${setting.because}`;
}

/** One sentence for each setting that is ignored; never its value, which may be a password. */
export function ignoredSettings(ini: Ini, known: KnownSettings): readonly string[] {
  return ini.entries.flatMap((entry) => {
    const about = aboutEntry(entry, known);
    return about === undefined ? [] : [`line ${entry.line} of ${ini.name}: ${about}`];
  });
}
