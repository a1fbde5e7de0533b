/** Texts that explain. */
import type { Style } from './render.ts';

/** There are no built-in servers: which one carries the messages is for the person to say. */
export const noServerLines: readonly string[] = [
  'no server to receive messages on: give one or more with -s "smp://<fingerprint>@<host>"',
  'any SMP server will do; to run your own: sotto smp-server init, then sotto smp-server start',
];

const commands: readonly (readonly [string, string])[] = [
  ['/c', 'make an invitation link (also /connect)'],
  ['/c <link>', 'connect by a link that somebody gave you'],
  ['@<name> <text>', 'send a message'],
  ['/contacts', 'list contacts'],
  ['/chats [<number>]', 'the last message of each conversation (/cs)'],
  ['/tail [@<name>] [<number>]', 'the last messages of all or one conversation (/t)'],
  ['/code @<name>', 'security code, to compare with the contact'],
  ['/info @<name>', 'about the connection with a contact (/i)'],
  ['/delete @<name>', 'delete a contact and the conversation (/d)'],
  ['/profile [<name>]', 'show your name, or change it (/p)'],
  ['/smp', 'servers for new connections'],
  ['/version', 'version of this program (/v)'],
  ['/quit', 'leave (/q)'],
];

export function helpLines(style: Style): readonly string[] {
  const width = Math.max(...commands.map(([command]) => command.length)) + 2;
  return [
    ...commands.map(([command, what]) => `${style.command(command.padEnd(width))}${what}`),
    `Names with spaces are written in quotes: ${style.command("@'Alice B' hello")}`,
    '✓ the message is on the server, ✓✓ it is with the contact.',
  ];
}
