/** What an operator should know about settings: those that do nothing, and those that do what hardly anybody wants. */
import { commentsInValues, type Ini, ignoredSettings, shadowedSettings } from '../../../hosting/index.ts';
import { knownSettings } from './known-settings.ts';

/** A sentence about the entry of a setting that counts, with its line; never its value, which may be a password. */
function about(ini: Ini, section: string, key: string, sentence: string): readonly string[] {
  const entry = ini.entry(section, key);
  return entry === undefined ? [] : [`line ${entry.line} of ${ini.name}: ${sentence}`];
}

/** Everybody is let in by an empty password: as it is with the reference, and rarely what was meant. */
function aboutPassword(ini: Ini): readonly string[] {
  if (ini.text('AUTH', 'create_password') !== undefined) return [];
  return about(ini, 'AUTH', 'create_password', '"create_password" is empty: everybody can create queues');
}

/** Browsers are served when all three are there. */
function aboutPages(ini: Ini): readonly string[] {
  const keys = ['https', 'cert', 'key'] as const;
  const missing = keys.filter((key) => ini.text('WEB', key) === undefined);
  if (missing.length === 0) return [];
  const sentence = (key: string) =>
    `"${key}" does nothing without ${missing.map((other) => `"${other}"`).join(' and ')}: no pages are served over TLS`;
  return keys.filter((key) => !missing.includes(key)).flatMap((key) => about(ini, 'WEB', key, sentence(key)));
}

/** To be told when the configuration is read. */
export const remarksOn = (ini: Ini): readonly string[] => [
  ...ignoredSettings(ini, knownSettings),
  ...shadowedSettings(ini),
  ...commentsInValues(ini),
  ...aboutPassword(ini),
  ...aboutPages(ini),
];
