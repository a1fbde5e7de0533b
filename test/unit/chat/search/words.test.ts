import { describe, expect, it } from 'vitest';
import { simpleContainer, textContent } from '../../../../src/chat/protocol/index.ts';
import { indexedWords, searchQuery } from '../../../../src/chat/search/words.ts';
import { idOf, LonelyChat } from '../../../harness/lonely-chat.ts';

describe('a text is found', () => {
  it.each([
    ['İzmir', 'izmir'],
    ['izmir', 'İZMİR'],
    ['ılık', 'ILIK'],
    ['Straße', 'STRASSE'],
    ['café', 'cafe'],
    ['cafe\u0301', 'CAFÉ'],
    ['ｆｕｌｌ width', 'full'],
    ['Ὀδυσσεύς', 'οδυσσευσ'],
    ['a fairly long sentence', 'long fair'],
    ['beginnings of words', 'be wo'],
    ['東京都に行く', '京都'],
    ['東京都に行く', '東京都'],
    ['東京都に行く', '都'],
    ['東京都に行く', 'く'],
    ['カタカナー', 'タカ'],
    ['สวัสดีครับ', 'สดี'],
    ['한국어 메시지', '한국'],
    ['see https://www.example.org/a/long-path?q=1#end', 'example long'],
    ['see https://www.example.org/a/long-path?q=1#end', 'example.org/a'],
    ['mail me: Some.One+tag@Example.COM', 'some.one tag example'],
    ['thanks 👍🏽', '👍'],
    ["it's 'quoted' \"AND\" (this)", "'quoted' AND"],
    ['NEAR NOT OR', 'near not or'],
    ['x²', 'x2'],
    ['a b c', 'b'],
    ['हिन्दी में', 'हिन्दी'],
    ['Ж', 'ж'],
  ])('%s by %s', (text, query) => {
    expect(find(text, query)).toBe(1);
  });

  it.each([
    ['beginnings', 'ginnings'],
    ['one two', 'one three'],
    ['abc', 'a'],
    ['京の都', '京都'],
    ['hello', 'x'],
  ])('%s not by %s', (text, query) => {
    expect(find(text, query)).toBe(0);
  });
});

it('nothing is searched for where there is no word', () => {
  for (const text of ['', ' ', '"', '* - ( )', '%', '\u200b', '\0']) expect(searchQuery(text)).toBeUndefined();
});

it('what is indexed has a bound, and holds nothing that would be an operator', () => {
  expect(indexedWords('word '.repeat(50_000)).length).toBeLessThan(100_001);
  expect(searchQuery('a* OR "b" NEAR(c)')).toBe('"a" AND "or"* AND "b" AND "near"* AND "c"');
  expect(searchQuery(Array.from({ length: 100 }, (_, n) => `w${n}`).join(' '))!.split(' AND ')).toHaveLength(32);
});

it('words that are deleted or changed leave the index', () => {
  const here = new LonelyChat();
  const bob = here.addContact('bob');
  const say = (text: string, n: number) =>
    here.receive('bob', { kind: 'x.msg.new', container: simpleContainer(textContent(text)) }, idOf(n));
  say('my pin is xylophone', 1);
  const sent = here.chat.sendText(bob, 'the quagga escaped');
  here.sql.run("CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab (main, item_words, 'row')");
  const words = () => here.sql.all<{ term: string }>('SELECT term FROM temp.vocabulary').map(({ term }) => term);
  expect(words()).toEqual(expect.arrayContaining(['xylophone', 'quagga']));
  here.chat.editMessage(sent.itemId, 'the zebra escaped');
  here.chat.deleteMessage(here.chat.items(bob, 9)[0]!.itemId, 'here');
  expect(words()).toEqual(['escaped', 'the', 'zebra']);
  // Nor do they stay in the pages of the index.
  const blocks = () =>
    Buffer.concat(here.sql.all<{ block: Uint8Array }>('SELECT block FROM item_words_data').map((r) => r.block));
  expect(blocks().includes('zebra')).toBe(true);
  for (const gone of ['quagga', 'xylophone', 'xy', 'qu']) expect(blocks().includes(gone)).toBe(false);
  here.chat.clear(bob);
  expect(words()).toEqual([]);
  here.sql.run("INSERT INTO item_words (item_words, rank) VALUES ('integrity-check', 1)");
});

function find(text: string, query: string): number {
  const here = new LonelyChat();
  const bob = here.addContact('bob');
  here.chat.sendText(bob, text);
  return here.chat.search(bob, query, 10).length;
}
