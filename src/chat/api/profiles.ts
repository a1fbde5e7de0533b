/** The person’s own profile. */
import * as v from 'valibot';
import { profile } from './data.ts';
import { command, maybe, noFields, record } from './schema.ts';

const named = record({ displayName: v.pipe(v.string(), v.maxLength(1_000)) });

export const profiles = {
  get: command({
    summary: 'The profile; missing before the first run has made one.',
    right: 'read',
    input: noFields,
    output: record({ profile: maybe(profile) }),
    errors: [],
  }),
  create: command({
    summary: 'Makes the profile. A name has up to 50 letters, digits, spaces and symbols.',
    right: 'manage',
    input: named,
    output: record({ profile }),
    errors: ['name', 'profile-exists'],
  }),
  rename: command({
    summary: 'Changes the name. Contacts are told a few at a time, also after a restart.',
    right: 'manage',
    input: named,
    output: record({ profile }),
    errors: ['name', 'no-profile'],
  }),
};
