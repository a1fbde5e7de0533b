/** Texts that explain, by topic. */
import { command, dim, hanging, heading, type Line, line } from '../show/look.ts';
import { didYouMean } from './similar.ts';
import { type HelpEntry, topicNames, topics } from './topics.ts';

/** There are no built-in servers: which one carries the messages is for the person to say. */
export const noServerLines: readonly string[] = [
  'no server to receive messages on: give one or more with -s "smp://<fingerprint>@<host>"',
  'any SMP server will do; to run your own: sotto smp-server init, then sotto smp-server start',
];

/** With fewer columns what a command does follows it at once. */
const SIDE_BY_SIDE_COLUMNS = 70;

export function isTopic(topic: string): boolean {
  return topics.some(({ names }) => names.includes(topic));
}

export function unknownTopic(topic: string): string {
  const similar = didYouMean(topic, topicNames, (name) => `/help ${name}`);
  return `There is no help on "${topic}".${similar} Topics: ${topicNames.join(', ')}`;
}

/** What there is to read about a topic; for an unknown one, and for none, what topics there are. */
export function helpLines(topic: string, columns: number): readonly Line[] {
  const found = topics.find(({ names }) => names.includes(topic));
  const unknown = found === undefined && topic !== '' ? [line(`there is no help on "${topic}"`)] : [];
  const shown = found ?? topics[0];
  return [...unknown, ...(shown?.entries ?? []).flatMap((entry) => entryLines(entry, columns))];
}

function entryLines(entry: HelpEntry, columns: number): readonly Line[] {
  switch (entry.kind) {
    case 'heading':
      return [line(heading(entry.text))];
    case 'text':
      return [hanging(0, entry.text)];
    case 'commands': {
      const width = Math.max(...entry.list.map(([what]) => what.length)) + 2;
      return entry.list.flatMap(([what, does]) =>
        columns >= SIDE_BY_SIDE_COLUMNS
          ? [hanging(width, command(what.padEnd(width)), does)]
          : [hanging(4, command(what), '  ', dim(does))],
      );
    }
  }
}
