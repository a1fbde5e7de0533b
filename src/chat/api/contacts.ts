/** Contacts: how they come to be, how they are found, what is known of them, how they go. */
import * as v from 'valibot';
import { contact, featureState } from './data.ts';
import { chatId, command, list, maybe, noFields, pageSize, record } from './schema.ts';

const oneContact = record({ chatId });
const servers = list(v.string());

export const contacts = {
  list: command({
    summary: 'Contacts in the order they were made, `count` of them after one.',
    right: 'read',
    input: record({ after: maybe(chatId), count: pageSize }),
    output: record({ contacts: list(contact) }),
    errors: [],
  }),
  get: command({
    summary: 'A contact, with the servers of its queues, the versions that both sides agreed on, and what each allows.',
    right: 'read',
    input: oneContact,
    output: record({
      contact,
      receivingServers: servers,
      sendingServers: servers,
      chatVersion: maybe(v.number()),
      agentVersion: maybe(v.number()),
      features: list(featureState),
    }),
    errors: ['no-contact'],
  }),
  find: command({
    summary:
      'Contacts by name. `contact`: the one that is meant, by its name as it is written, or the only one that a person would take for it. `alike`: all of the latter. `formerly`: who had the name before.',
    right: 'read',
    input: record({ name: v.pipe(v.string(), v.maxLength(1_000)) }),
    output: record({ contact: maybe(contact), alike: list(contact), formerly: maybe(contact) }),
    errors: [],
  }),
  invite: command({
    summary: 'Makes an invitation link for one person, to be passed on over another channel.',
    right: 'manage',
    input: noFields,
    output: record({ contact, link: v.string() }),
    errors: ['no-profile'],
  }),
  connect: command({
    summary: 'Joins by an invitation link.',
    right: 'manage',
    input: record({ link: v.pipe(v.string(), v.maxLength(20_000)) }),
    output: record({ contact }),
    errors: ['no-profile'],
  }),
  delete: command({
    summary:
      'Tells the contact, deletes the conversation here, and its queue on the server once that can be reached. A long conversation goes in pieces before the rest. Takes back an invitation that nobody has used.',
    right: 'manage',
    input: oneContact,
    output: record({}),
    errors: ['no-contact'],
  }),
  securityCode: command({
    summary: 'Digits in groups of five, equal on both sides; missing until connected.',
    right: 'read',
    input: oneContact,
    output: record({ code: maybe(v.string()) }),
    errors: ['no-contact'],
  }),
  verify: command({
    summary:
      'Compares the code that the contact tells with ours, whatever the spaces, and remembers when they are the same. Without a code it forgets that they were.',
    right: 'manage',
    input: record({ chatId, code: maybe(v.pipe(v.string(), v.maxLength(1_000))) }),
    output: record({ verified: v.boolean(), code: v.string() }),
    errors: ['no-contact', 'not-connected'],
  }),
};
