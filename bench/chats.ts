/** The chat's core with {@link CONTACTS} contacts and {@link MESSAGES} messages: what commands take, and how long they block. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Chat, ChatId } from '#sotto/chat';
import {
  CJK_WORD,
  CONTACTS,
  FREQUENT_WORD,
  forgetIndex,
  LARGE_CHAT,
  MESSAGES,
  makeLargeChats,
  openPerson,
  openTables,
  RARE_WORD,
  TWO_CHARACTERS,
  until,
} from './large-chats.ts';
import { TARGET_MS, watchLoop } from './loop-watch.ts';
import { type Figure, ms } from './measure.ts';
import { QueueDouble } from './queue-double.ts';

const ARRIVING = 1_000;
const PAGE = 50;
const PAGES_BACK = 20;

/** Lets the event loop turn, as between commands of a face. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
const megabytes = (bytes: number) => `${Math.round(bytes / 1_000_000)} MB`;

class Figures {
  readonly list: Figure[] = [];

  /** What `run` takes, of which `times` are done. */
  async add(what: string, run: () => Promise<unknown>, times = 1): Promise<void> {
    const { elapsedMs, p99Ms, longestMs, longestCpuMs, tooLong, cpuMs, residentBytes } = await watchLoop(run);
    this.list.push({
      what: `chats: ${what}`,
      value: ms(elapsedMs / times),
      how: `processor ${ms(cpuMs / times)}; longest slice ${ms(longestCpuMs)} of the processor (${tooLong} over ${TARGET_MS} ms), ${ms(longestMs)} by the clock, p99 ${ms(p99Ms)}; RSS ${megabytes(residentBytes)}`,
    });
  }
}

async function benchReads(figures: Figures, chat: Chat, real: ChatId): Promise<void> {
  const pages = CONTACTS / 200;
  await figures.add(
    `contacts.list, a page of 200, of ${pages}`,
    async () => {
      let after: ChatId | undefined;
      for (let i = 0; i < pages; i++) {
        after = (await chat.contacts.list({ after, count: 200 })).contacts.at(-1)?.chatId;
        await turn();
      }
    },
    pages,
  );
  await figures.add(`chats.list of ${PAGE}`, () => chat.chats.list({ count: PAGE }));
  await figures.add(`messages.list, the newest ${PAGE} of a chat`, () =>
    chat.messages.list({ chatId: real, count: PAGE }),
  );
  await figures.add(`messages.list, the newest ${PAGE} of all`, () => chat.messages.list({ count: PAGE }));
  let before = (await chat.messages.list({ chatId: real, count: 1 })).items[0]!.itemId;
  await figures.add(
    `messages.list, one of ${PAGES_BACK} pages back`,
    async () => {
      for (let i = 0; i < PAGES_BACK; i++) {
        before = (await chat.messages.list({ chatId: real, before, count: PAGE })).items[0]!.itemId;
        await turn();
      }
    },
    PAGES_BACK,
  );
  const middle = (await chat.messages.list({ chatId: real, count: 1_000 })).items[0]!.itemId - LARGE_CHAT / 2;
  const itemId = (await chat.messages.list({ chatId: real, before: middle as typeof before, count: 1 })).items[0]!
    .itemId;
  await figures.add('messages.list, a page before one in the middle', () =>
    chat.messages.list({ chatId: real, before: itemId, count: PAGE }),
  );
  await figures.add('messages.list, a page after one in the middle', () =>
    chat.messages.list({ chatId: real, after: itemId, count: PAGE }),
  );
  const searches = { frequent: FREQUENT_WORD, rare: RARE_WORD, 'two characters': TWO_CHARACTERS, CJK: CJK_WORD };
  for (const [what, text] of Object.entries(searches)) {
    for (const [where, chatId] of [
      ['one chat', real],
      ['all', undefined],
    ] as const) {
      await figures.add(`messages.search, ${what}, in ${where}`, () =>
        chat.messages.search({ chatId, text, count: PAGE }),
      );
    }
  }
}

/** Messages that a peer has sent before, one delivered after the other. */
async function benchArriving(figures: Figures, server: QueueDouble, bob: Chat, alice: Chat): Promise<void> {
  const { chatId } = (await bob.contacts.list({ count: 1 })).contacts[0]!;
  server.hold();
  for (let i = 0; i < ARRIVING; i++) {
    await bob.messages.send({ chatId, text: `arriving ${i}: about the bridge over the river` });
  }
  await until(() => bob.idle());
  await bob.stop();
  await figures.add(
    `one of ${ARRIVING.toLocaleString('en')} messages that arrive, with its receipt`,
    async () => {
      server.release();
      for (let last = ''; !last.startsWith(`arriving ${ARRIVING - 1}:`); ) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        last = (await alice.messages.list({ count: 1 })).items[0]!.text;
      }
      await until(() => alice.idle());
    },
    ARRIVING,
  );
}

async function benchRenaming(figures: Figures, server: QueueDouble, chat: Chat): Promise<void> {
  const before = server.sent;
  await figures.add(`profiles.rename until the servers of all ${CONTACTS.toLocaleString('en')} have it`, async () => {
    await chat.profiles.rename({ displayName: 'alicia' });
    await until(() => server.sent === before + CONTACTS && chat.idle());
  });
}

export async function benchChats(): Promise<readonly Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-bench-'));
  const path = join(folder, 'alice.db');
  const server = new QueueDouble();
  const figures = new Figures();
  const { bob, real, other } = await makeLargeChats(server, path);
  server.subscribed = 0;
  let chat!: Chat;
  await figures.add('open', async () => {
    chat = await openPerson(server, path);
  });
  await figures.add('start, until all queues are subscribed to', async () => {
    chat.start();
    await until(() => server.subscribed === CONTACTS && chat.idle());
  });
  await benchReads(figures, chat, real);
  await benchRenaming(figures, server, chat);
  await benchArriving(figures, server, bob, chat);
  await chat.stop();
  const sql = openTables(path);
  forgetIndex(sql);
  sql.close();
  chat = await openPerson(server, path);
  await figures.add(`start, until ${MESSAGES.toLocaleString('en')} messages are indexed again`, async () => {
    chat.start();
    await chat.messages.search({ text: RARE_WORD, count: 1 });
  });
  await figures.add(`chats.clear of a chat with ${LARGE_CHAT.toLocaleString('en')} messages`, () =>
    chat.chats.clear({ chatId: real }),
  );
  await figures.add(`contacts.delete of one with ${LARGE_CHAT.toLocaleString('en')} messages`, async () => {
    await chat.contacts.delete({ chatId: other });
    await until(() => chat.idle());
  });
  await chat.stop();
  rmSync(folder, { recursive: true });
  return figures.list;
}
