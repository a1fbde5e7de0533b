/** Reports unknown and ignored settings of a configuration file by line. */
import { shownText } from '../words.ts';
import { hasCommentBehind, type Ini, type IniEntry } from './ini.ts';

/**
 * A setting is `used`, or known from the reference and without effect here: `because` says why; values in `unless`
 * request the behaviour there is anyway, and are not reported.
 */
export type KnownSetting = 'used' | { readonly because: string; readonly unless?: readonly string[] };

export type KnownSettings = Readonly<Record<string, Readonly<Record<string, KnownSetting>>>>;

export const used = (...keys: readonly string[]): Record<string, KnownSetting> =>
  Object.fromEntries(keys.map((key) => [key, 'used']));

export const unused = (because: string, ...keys: readonly string[]): Record<string, KnownSetting> =>
  Object.fromEntries(keys.map((key) => [key, { because }]));

/** The first known name that differs only in case, one letter, or two swapped letters: probably the intended one. */
function similar(name: string, known: readonly string[]): string | undefined {
  const same = known.find((candidate) => candidate.toLowerCase() === name.toLowerCase());
  return same ?? known.find((candidate) => distance(name, candidate) <= 2);
}

/** Edit distance: letters to insert, remove or replace. */
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

/** The sections that a misplaced setting belongs to; empty when there is none. */
function rightPlace(key: string, known: KnownSettings): string {
  const sections = Object.keys(known).filter((section) => Object.hasOwn(known[section]!, key));
  if (sections.length === 0) return '';
  return `: it belongs to ${sections.map((section) => `[${section}]`).join(' or ')}`;
}

function aboutEntry({ section, key, value }: IniEntry, known: KnownSettings): string | undefined {
  const settings = known[section];
  if (settings === undefined) {
    const close = meant(section, Object.keys(known));
    return `there is no section [${shownText(section)}]${close}${close === '' ? rightPlace(key, known).replace('it', `"${key}"`) : ''}`;
  }
  const setting = Object.hasOwn(settings, key) ? settings[key] : undefined;
  if (setting === undefined) {
    return `[${section}] has no setting "${shownText(key)}"${rightPlace(key, known) || meant(key, Object.keys(settings))}`;
  }
  if (setting === 'used' || value === '' || setting.unless?.includes(value) === true) return undefined;
  return `"${key}" has no effect here: ${setting.because}`;
}

/** A sentence for each ignored setting; never with its value, which may be a password. */
export function ignoredSettings(ini: Ini, known: KnownSettings): readonly string[] {
  return ini.entries.flatMap((entry) => {
    const about = aboutEntry(entry, known);
    return about === undefined ? [] : [`line ${entry.line} of ${ini.name}: ${about}`];
  });
}

/** A sentence for each line that is overridden by another one. */
export function shadowedSettings(ini: Ini): readonly string[] {
  return ini.entries.flatMap((entry) => {
    const { section, key, line } = entry;
    const counting = ini.entry(section, key);
    if (counting === entry) return [];
    const last = ini.block(section)!;
    const why =
      entry.block === last
        ? `the first one in [${shownText(section)}] is used, on line ${counting!.line}`
        : `[${shownText(section)}] begins again on line ${last.line}, and only the last one is used`;
    return [`line ${line} of ${ini.name}: "${shownText(key)}" is ignored: ${why}`];
  });
}

/** A sentence for each value that contains what looks like a comment. */
export function commentsInValues(ini: Ini): readonly string[] {
  return ini.entries
    .filter(hasCommentBehind)
    .map(
      ({ key, line }) =>
        `line ${line} of ${ini.name}: the text after the value of "${shownText(key)}" is part of it: a comment must be on its own line`,
    );
}
