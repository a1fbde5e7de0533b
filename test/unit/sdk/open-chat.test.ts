import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type BotChat, openChat, silentLogger } from '../../../src/sdk/index.ts';

let folder: string;
const chats: BotChat[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sotto-test-'));
});
afterEach(async () => {
  for (const chat of chats.splice(0)) await chat.stop();
  rmSync(folder, { recursive: true });
});

const SERVER = `smp://${'A'.repeat(42)}E=@localhost:5223`;
const key = new Uint8Array(32).fill(5);
async function open(options: Partial<Parameters<typeof openChat>[0]> = {}): Promise<BotChat> {
  const chat = await openChat({ path: join(folder, 'bot.db'), key, logger: silentLogger, ...options });
  chats.push(chat);
  return chat;
}

it('makes a database with a profile and servers, which are there the next time', async () => {
  const first = await open({ name: 'bot', servers: [SERVER] });
  expect((await first.profiles.get()).profile?.displayName).toBe('bot');
  await expect(open()).rejects.toMatchObject({ kind: 'database-locked' });
  await first.stop();
  chats.pop();
  expect(statSync(join(folder, 'bot.db')).mode & 0o777).toBe(0o600);
  const again = await open({ name: 'another name' });
  expect((await again.profiles.get()).profile?.displayName).toBe('bot');
  expect((await again.servers.list()).servers).toEqual([SERVER]);
});

it('refuses what cannot be, and leaves nothing open', async () => {
  await expect(open({ key: new Uint8Array(16) })).rejects.toThrow('32 random bytes');
  await expect(open({ key: '' })).rejects.toThrow('"key" is a passphrase');
  await expect(open({ servers: ['nonsense'] })).rejects.toThrow('"nonsense" is no address');
  await expect(open({ servers: [undefined as never] })).rejects.toThrow('a server is missing');
  await expect(open({ servers: 'smp://x' as never })).rejects.toThrow('is a list');
  await expect(openChat(undefined as never)).rejects.toThrow('"path" is the file');
  expect(readdirSync(folder)).toEqual([]);
  await expect(open({ name: ' @ ' })).rejects.toMatchObject({ code: 'name' });
  const chat = await open({ name: 'bot', key: 'a passphrase' }).catch((error: unknown) => error);
  // The database of the attempt before has the raw key.
  expect(chat).toMatchObject({ kind: 'passphrase' });
  expect(await open({ name: 'bot' })).toBeDefined();
});
