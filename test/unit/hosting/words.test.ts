/** Text of files in messages: safe for a terminal, and short; and the ends of sentences. */
import { describe, expect, it } from 'vitest';
import { explainStore } from '../../../src/apps/smp-server/store-files/advice.ts';
import { endSentence, ignoredSettings, parseIni, shadowedSettings, used } from '../../../src/hosting/index.ts';
import { StoreError, StoreFileError } from '../../../src/smp/server/index.ts';

const UNSAFE = ['\u001bc', '\u0000', '\u0007', '\u009b', '\u202e', '\u2066', '\u00ad'];
const UNSAFE_CHARACTER = /[\p{C}\p{Zl}\p{Zp}]/u;

describe('text of a configuration in messages', () => {
  const messageOf = (text: string): string => {
    try {
      parseIni(text, 'test.ini');
    } catch (error) {
      return (error as Error).message;
    }
    throw new Error('it was read');
  };

  it('has no control characters, and is cut', () => {
    const long = 'x'.repeat(10_000);
    for (const unsafe of UNSAFE) {
      const name = `a${unsafe}b${long}`;
      const ini = parseIni(`[${name}]\n${name} = 1\n[A]\n${name} = 1\n${name} = 2\n`, 'test.ini');
      const messages = [
        messageOf(`[A]\n${name}`),
        messageOf(`[A]\n${name}:1`),
        ...ignoredSettings(ini, { A: used('x') }),
        ...shadowedSettings(ini),
      ];
      expect(messages).toHaveLength(6);
      for (const message of messages) {
        expect(message, JSON.stringify(unsafe)).not.toMatch(UNSAFE_CHARACTER);
        expect(message.length).toBeLessThan(400);
        expect(message).toContain('…');
      }
    }
    expect(messageOf('[A]\nnonsense here')).toBe('Line 2 of test.ini is not a setting: nonsense');
    expect(messageOf(`[A]\n${'é'.repeat(80)}`)).toBe(`Line 2 of test.ini is not a setting: ${'é'.repeat(80)}`);
    expect(messageOf(`[A]\n${'é'.repeat(81)}`)).toBe(`Line 2 of test.ini is not a setting: ${'é'.repeat(80)}…`);
  });
});

describe('sentences about a store', () => {
  it('end once', () => {
    expect(['a', 'a.', 'a?'].map(endSentence)).toEqual(['a.', 'a.', 'a?']);
    expect(explainStore(new StoreError('the store cannot be copied: is the disk full?'))).toBe(
      'The store cannot be copied: is the disk full?',
    );
  });

  it('begin with a capital letter, unless with a path', () => {
    expect(explainStore(new StoreError('the disk is full'))).toBe('The disk is full.');
    for (const path of ['e/d/store', 'store', 'my data/store', '/e/store', '../store']) {
      for (const begin of [path, `${path}/store.db`]) {
        const told = explainStore(new StoreFileError('misplaced', path, `${begin} is not a folder`));
        expect(told.startsWith(`${begin} is not a folder. Move it away`), told).toBe(true);
      }
      expect(explainStore(new StoreFileError('absent', path, `there is no store in ${path}`))).toMatch(/^There is no/);
    }
  });
});
