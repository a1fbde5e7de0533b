/**
 * What happens to messages after they were sent: answers, edits, reactions, deletions, both ways, as commands of both
 * programs. They have exchanged `hello from …` before.
 */
import type { OfficialApp } from './official-app.ts';
import type { Program } from './programs.ts';

const STEP_MS = 10_000;

export const changeChecks = [
  'lines',
  'reply out',
  'reply in',
  'edit out',
  'edit in',
  'react out',
  'react in',
  'delete out',
  'delete in',
  'full delete',
] as const;

type ChangeCheck = (typeof changeChecks)[number];

/** One message of the official app's interface that has all of `parts` in it. */
function having(...parts: readonly string[]): RegExp {
  const escaped = parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${escaped.map((part) => `(?=.*${part})`).join('')}.*$`, 'm');
}

/** Throws at the first step that does not show on the other side. */
export async function changeMessages(
  ours: Program,
  theirs: OfficialApp,
  done: (check: ChangeCheck) => void,
): Promise<void> {
  const oursShows = (pattern: RegExp) => ours.waitFor(pattern, STEP_MS);
  const theirsTells = (...parts: readonly string[]) => theirs.waitFor(having(...parts), STEP_MS);

  ours.write('@theirs "first line\\nsecond line"\n');
  await theirsTells('"newChatItems"', '"first line\\nsecond line"');
  theirs.send('@ours "their first\\ntheir second"');
  await oursShows(/theirs> their first\n {6}their second\n/);
  done('lines');

  // The item id of the quote says that the quoted message was found by its id.
  ours.write('> @theirs (hello from the off) our answer\n');
  await theirsTells('"newChatItems"', '"text":"our answer"', '"quotedItem":{"chatDir":{"type":"directSnd"},"itemId":');
  done('reply out');
  theirs.send('> @ours (our answer) their answer');
  await oursShows(/theirs> > our answer\n {6}their answer\n/);
  done('reply in');

  ours.write('! @theirs (our answer) our better answer\n');
  await theirsTells('"chatItemUpdated"', '"text":"our better answer"', '"itemEdited":true', '"quotedItem"');
  done('edit out');
  theirs.send('! @ours (their answer) their better answer');
  await oursShows(/theirs> \[edited\] > our answer\n {6}their better answer\n/);
  done('edit in');

  ours.write('+1 @theirs their better\n');
  await theirsTells('"chatItemReaction"', '"added":true', '"emoji":"👍"');
  ours.write('-1 @theirs their better\n');
  await theirsTells('"chatItemReaction"', '"added":false', '"emoji":"👍"');
  ours.write('+* @theirs their better\n');
  await theirsTells('"chatItemReaction"', '"added":true', '"emoji":"❤"');
  done('react out');
  theirs.send('+^ ours our better');
  await oursShows(/theirs> >> our better answer\n {6}\+ 🚀\n/);
  theirs.send('-^ ours our better');
  await oursShows(/theirs> >> our better answer\n {6}- 🚀\n/);
  done('react in');

  ours.write('@theirs ours to mark\n\\ @theirs ours to mark\n');
  await theirsTells('"chatItemsDeleted"', '"ours to mark"', '"toChatItem"', '"byUser":false');
  done('delete out');
  theirs.send('@ours theirs to mark');
  await oursShows(/theirs> theirs to mark\n/);
  theirs.send('\\ @ours theirs to mark');
  await oursShows(/theirs> \[marked deleted\] theirs to mark\n/);
  done('delete in');

  ours.write('/set delete @theirs yes\n');
  await theirsTells(
    '"contactUpdated"',
    '"fullDelete":{"enabled":{"forUser":false,"forContact":false}',
    '"contactPreference":{"allow":"yes"}',
  );
  theirs.send('/set delete @ours yes');
  await oursShows(/theirs changed what is allowed: full deletion: enabled\n/);
  ours.write('@theirs ours to vanish\n\\ @theirs ours to vanish\n');
  const [deleted] = await theirsTells('"chatItemsDeleted"', '"ours to vanish"', '"byUser":false');
  if (deleted.includes('"toChatItem"')) throw new Error('official app: it marked what it should have deleted');
  theirs.send('@ours theirs to vanish');
  await oursShows(/theirs> theirs to vanish\n/);
  theirs.send('\\ @ours theirs to vanish');
  await oursShows(/theirs> \[deleted\] theirs to vanish\n/);
  done('full delete');
}
