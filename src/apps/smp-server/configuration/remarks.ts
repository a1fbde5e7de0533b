/** Warnings about settings that have no effect, or one that is rarely intended. */
import { commentsInValues, type Ini, ignoredSettings, shadowedSettings } from '../../../hosting/index.ts';
import { knownSettings } from './known-settings.ts';

/**
 * A sentence about the effective entry of a setting, with its line number; never its value, which may be a password.
 */
function about(ini: Ini, section: string, key: string, sentence: string): readonly string[] {
  const entry = ini.entry(section, key);
  return entry === undefined ? [] : [`line ${entry.line} of ${ini.name}: ${sentence}`];
}

/** An empty password admits everyone, as in the reference, but is rarely intended. */
function aboutPassword(ini: Ini): readonly string[] {
  if (ini.text('AUTH', 'create_password') !== undefined) return [];
  return about(ini, 'AUTH', 'create_password', '"create_password" is empty: everybody can create queues');
}

/** Pages are served only when all three settings are set. */
function aboutPages(ini: Ini): readonly string[] {
  const keys = ['https', 'cert', 'key'] as const;
  const missing = keys.filter((key) => ini.text('WEB', key) === undefined);
  if (missing.length === 0) return [];
  const sentence = (key: string) =>
    `"${key}" has no effect without ${missing.map((other) => `"${other}"`).join(' and ')}: no pages are served over TLS`;
  return keys.filter((key) => !missing.includes(key)).flatMap((key) => about(ini, 'WEB', key, sentence(key)));
}

/** All warnings about a configuration. */
export const remarksOn = (ini: Ini): readonly string[] => [
  ...ignoredSettings(ini, knownSettings),
  ...shadowedSettings(ini),
  ...commentsInValues(ini),
  ...aboutPassword(ini),
  ...aboutPages(ini),
];
