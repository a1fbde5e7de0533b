/** Names and passphrases in whatever form they are typed. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDatabase } from '../../../src/agent/index.ts';
import { migrations } from '../../../src/chat/index.ts';
import { LonelyChat } from '../../harness/lonely-chat.ts';
import { person, temporaryFolder } from '../../harness/people.ts';

const NFC = 'Zoë'.normalize('NFC');
const NFD = NFC.normalize('NFD');

describe('a name', () => {
  it('is known in every normal form and case, and with marks that nobody sees', () => {
    const { chat } = withContact(NFD);
    for (const typed of [NFC, NFD, `${NFC}\u200b`, NFC.toUpperCase()]) {
      expect(chat.contactByName(typed).localName).toBe(NFC);
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
      await someone.chat.stop();
    }
    await expect(person('me', [], { databasePath, passphrase: 'Zoe' })).rejects.toThrow(/passphrase is wrong/);
  });

  it('opens a database of before, which has it as it was typed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sotto-test-'));
    try {
      const databasePath = join(folder, 'a.db');
      openDatabase(databasePath, { kind: 'passphrase', passphrase: NFD }, migrations).close();
      for (const passphrase of [NFD, NFC]) {
        const someone = await person('me', [], { databasePath, passphrase });
        await someone.chat.stop();
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
