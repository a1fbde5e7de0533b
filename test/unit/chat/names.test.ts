/** Names and passphrases in whatever form they are typed. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDatabase } from '../../../src/agent/index.ts';
import { contactByName } from '../../../src/apps/cli/commands/contact-names.ts';
import type { ChatCore } from '../../../src/chat/chat.ts';
import { migrations } from '../../../src/chat/index.ts';
import { LonelyChat } from '../../harness/lonely-chat.ts';
import { person, temporaryFolder } from '../../harness/people.ts';

const named = (chat: ChatCore, name: string) => chat.findContact(name).contact;

const NFC = 'Zoë'.normalize('NFC');
const NFD = NFC.normalize('NFD');

describe('a name', () => {
  it('is known in every normal form and case, and with marks that nobody sees', () => {
    const { chat } = withContact(NFD);
    for (const typed of [NFC, NFD, `${NFC}\u200b`, NFC.toUpperCase()]) {
      expect(named(chat, typed)?.localName).toBe(NFC);
    }
  });

  it('of one contact cannot pass for that of another', () => {
    const { lonely, chat } = withContact(NFC);
    lonely.addContact('other');
    lonely.receive('other', { kind: 'x.info', profile: lonely.profileOf(NFD), other: {} });
    lonely.addContact('third');
    lonely.receive('third', { kind: 'x.info', profile: lonely.profileOf(NFC.toLowerCase()), other: {} });
    expect(chat.contacts().map(({ localName }) => localName)).toEqual([NFC, `${NFC}_1`, `${NFC.toLowerCase()}_2`]);
  });

  it('in letters of another script that look the same cannot pass for it', () => {
    const { lonely, chat } = withContact('Alice');
    for (const [contact, name] of [
      ['second', 'Аliсе'],
      ['third', 'Alice\u2800'],
      ['fourth', 'A1ice'],
    ] as const) {
      lonely.addContact(contact);
      lonely.receive(contact, { kind: 'x.info', profile: lonely.profileOf(name), other: {} });
    }
    const names = chat.contacts().map(({ localName }) => localName);
    expect(names[0]).toBe('Alice');
    for (const name of names.slice(1)) expect(name).toMatch(/_\d$/);
    expect(named(chat, 'alice')?.localName).toBe('Alice');
    expect(named(chat, names[1]!)?.localName).toBe(names[1]);
  });

  it('that a contact gave up is nobody else’s, and leads to no one but by a sentence', async () => {
    const { lonely, chat } = withContact('erin');
    lonely.addContact('frank');
    const rename = (contact: string, name: string) =>
      lonely.receive(contact, { kind: 'x.info', profile: lonely.profileOf(name), other: {} });
    rename('frank', 'frank');
    rename('first', 'erin2');
    rename('frank', 'Erin');
    expect(chat.contacts().map(({ localName }) => localName)).toEqual(['erin2', 'Erin_1']);
    await expect(contactByName(lonely.api, 'erin')).rejects.toThrow(
      'There is no contact "erin" any more: it is called erin2 now. Use @erin2',
    );
    rename('first', 'erin');
    expect(named(chat, 'erin')?.chatId).toBe(chat.contacts()[0]!.chatId);
  });

  it('that was given up is kept for the last sixteen names of a contact', () => {
    const { lonely, chat } = withContact('n0');
    const rename = (contact: string, name: string) =>
      lonely.receive(contact, { kind: 'x.info', profile: lonely.profileOf(name), other: {} });
    for (let n = 1; n <= 17; n++) rename('first', `n${n}`);
    lonely.addContact('other');
    rename('other', 'n0');
    lonely.addContact('third');
    rename('third', 'n1');
    expect(chat.contacts().map(({ localName }) => localName)).toEqual(['n17', 'n0', 'n1_1']);
  });

  it('of one’s own has one form', () => {
    const { chat } = withContact('x');
    expect(chat.renameProfile(NFD).displayName).toBe(NFC);
  });
});

function withContact(name: string) {
  const lonely = new LonelyChat();
  lonely.addContact('first');
  lonely.receive('first', { kind: 'x.info', profile: lonely.profileOf(name), other: {} });
  return { lonely, chat: lonely.chat };
}

describe('a passphrase', () => {
  it('opens the database in every normal form', async () => {
    const databasePath = join(temporaryFolder(), 'a.db');
    for (const passphrase of [NFD, NFC, NFD]) {
      const someone = await person('me', [], { databasePath, passphrase });
      await someone.api.stop();
    }
    await expect(person('me', [], { databasePath, passphrase: 'Zoe' })).rejects.toThrow(
      expect.objectContaining({ code: 'passphrase' }),
    );
  });

  it('opens a database of before, which has it as it was typed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sotto-test-'));
    try {
      const databasePath = join(folder, 'a.db');
      openDatabase(databasePath, { kind: 'passphrase', passphrase: NFD }, migrations).close();
      for (const passphrase of [NFD, NFC]) {
        const someone = await person('me', [], { databasePath, passphrase });
        await someone.api.stop();
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
