/** What somebody has said is found again, however it is written. */
import { expect, it } from 'vitest';
import { gathering } from '../harness/gathering.ts';
import { allDelivered, connectPeople } from '../harness/people.ts';

const { meet } = gathering();

it('is found in whatever case and form, on both sides', async () => {
  const alice = await meet('alice');
  const bob = await meet('bob');
  await connectPeople(alice, bob);
  const texts = ['İzmir’e gidiyoruz', 'ISPARTA', 'Straße', 'ΣΊΣΥΦΟΣ', 'Ｆｕｌｌ width', 'e\u0301tude'];
  for (const text of texts) alice.chat.sendText(alice.contact().chatId, text);
  await allDelivered(alice);
  for (const { chat } of [alice, bob]) {
    const found = (text: string) => chat.search(undefined, text, 10).map((item) => item.text);
    for (const [wanted, text] of [
      ['izmir', texts[0]],
      ['İZMİR', texts[0]],
      ['ısparta', texts[1]],
      ['STRASSE', texts[2]],
      ['σίσυφος', texts[3]],
      ['full', texts[4]],
      ['Étude', texts[5]],
    ] as const) {
      expect(found(wanted), wanted).toEqual([text]);
    }
    expect(found('ankara')).toEqual([]);
  }
});
