/** What `/help` teaches. The first topic is shown when none is named. */

export type HelpEntry =
  | { readonly kind: 'heading' | 'text'; readonly text: string }
  /** Commands, and what they do. */
  | { readonly kind: 'commands'; readonly list: readonly (readonly [string, string])[] };

export interface HelpTopic {
  /** The first is the one that is told. */
  readonly names: readonly string[];
  readonly entries: readonly HelpEntry[];
}

const heading = (text: string): HelpEntry => ({ kind: 'heading', text });
const text = (words: string): HelpEntry => ({ kind: 'text', text: words });
const commands = (...list: readonly (readonly [string, string])[]): HelpEntry => ({ kind: 'commands', list });

// Short, so that all of it fits a small window.
const overview: HelpTopic = {
  names: [''],
  entries: [
    commands(
      ['/c', 'make an invitation link'],
      ['/c <link>', 'connect by a link'],
      ['@<name> <text>', 'send; ✓ sent, ✓✓ delivered'],
      ['> @<name> (hi) <text>', 'answer a message'],
      ['! @<name> (hi) <text>', 'change yours'],
      ['\\ @<name> hi', 'delete yours for everyone'],
      ['+1 @<name> hi', 'react; -1 takes it back'],
      ['/chats, /contacts', 'what is new; who'],
      ['/tail [@<name>]', 'last messages'],
      ['/search <text>', 'find messages'],
      ['/code, /verify @<name>', 'security codes'],
      ['/info @<name>', 'about a contact'],
      ['/clear @<name>', 'delete the messages here'],
      ['/delete @<name>', 'and end the connection'],
      ['/set, /p <name>', 'settings, your name'],
      ['/smp, /quit', 'servers; leave'],
    ),
    text('Here "hi" is how a message begins. Pasted lines: /help paste'),
    text("Names with spaces: @'Alice B' hello"),
    text('More: /help connect, messages, reactions, markdown, keys, verify, settings, privacy, scripts'),
  ],
};

const connect: HelpTopic = {
  names: ['connect', 'contacts', 'start'],
  entries: [
    heading('How two people connect'),
    text('There are no accounts and no names to look up: one person makes a link, the other one uses it, once.'),
    commands(
      ['/c', '1. you make a link and pass it on, over any other channel'],
      ['/c <link>', '2. the other person gives it to their program'],
      ['@<name> hello', '3. when both programs say "connected", you talk'],
    ),
    text(
      'Whoever has the link can use it, so pass it to one person only. A QR code of it is shown where there is room.',
    ),
    text('To be sure that it was the right one, compare codes: /help verify'),
    commands(
      ['/contacts', 'who there is, and links that nobody has used yet'],
      ['/delete @<name>', 'ends a connection, or takes a link back'],
    ),
  ],
};

const messages: HelpTopic = {
  names: ['messages', 'message', 'reply', 'edit', 'delete', 'pin', 'pins'],
  entries: [
    heading('Sending'),
    commands(
      ['@<name> <text>', 'sends a message'],
      ['<text>', 'goes to the contact that stands before the line; --plain asks for @<name>'],
      ['Alt+Enter', 'begins a new line in a message (or Ctrl+J)'],
    ),
    text(
      'The marks ✓ and ✓✓ change on all that is on the screen. Of a message that has scrolled away a line of its own tells that it was delivered; /tail @<name> shows how things stand now.',
    ),
    heading('Answering, changing, deleting'),
    text('A message is meant by how it begins, in whatever case; the newest that does counts.'),
    commands(
      ['> @<name> (hi) <text>', 'answers a message of the contact that begins with "hi"'],
      ['>> @<name> (hi) <text>', 'answers one of your own'],
      ['! @<name> (hi) <text>', 'changes your message; without (hi) the last one'],
      ['\\ @<name> hi', 'deletes your message for everyone'],
      ['\\\\ @<name> hi', 'deletes a message of either of you on this device only'],
    ),
    text('The up arrow on an empty line brings back the last message, ready to be changed.'),
    text(
      'Messages can be changed and deleted for a day. The other person sees that something was deleted, and what, unless both of you allow full deletion: /set delete @<name> yes',
    ),
    heading('Reading'),
    commands(
      ['/chats [<number>]', 'the last message of each conversation, and what is unread'],
      ['/tail @<name> [<number>]', 'the last messages with somebody'],
      ['/tail [<number>]', 'the last messages of all conversations'],
      ['/search [@<name>] [<n>] <text>', 'the last messages with these words in them, or with words that begin so'],
      ['/clear @<name>', 'removes all messages from this device'],
    ),
    heading('Pinning'),
    commands(
      ['/pin @<name> hi', 'pins the newest message that begins with "hi"'],
      ['/unpin @<name> hi', 'takes it back'],
      ['/pins [@<name>]', 'the pinned messages with somebody, or of all conversations'],
    ),
    text('Pins are on this device, and nobody is told. A conversation can have 100 of them.'),
  ],
};

const reactions: HelpTopic = {
  names: ['reactions', 'reaction', 'react'],
  entries: [
    heading('Reactions'),
    commands(
      ['+1 @<name> hi', 'adds 👍 to the newest message that begins with "hi"'],
      ['-1 @<name> hi', 'takes it back'],
    ),
    text('In place of 1 stand: + 👍   - 👎   ) 😀   , 😢   * ❤   ^ 🚀   or one of 👍 👎 😀 😂 😢 ❤ 🚀 ✅ itself.'),
    text('Each of you can have three on a message, where both allow them: /set reactions'),
  ],
};

const markdown: HelpTopic = {
  names: ['markdown', 'styles'],
  entries: [
    heading('Markdown'),
    commands(
      ['*bold*', 'bold'],
      ['_italic_', 'italic'],
      ['~struck~', 'struck out'],
      ['`code`', 'code, in which nothing else is looked for'],
      ['!1 red!', 'coloured: 1 red, 2 green, 3 blue, 4 yellow, 5 cyan, 6 magenta, or a name or its letter'],
      ['#secret#', 'hidden until it is selected, or /reveal @<name>'],
    ),
    text('Signs count at the start of a word, and do not span lines. Links are underlined; many terminals open them.'),
  ],
};

const keys: HelpTopic = {
  names: ['keys', 'terminal', 'editing', 'paste', 'plain'],
  entries: [
    heading('Keys'),
    commands(
      ['Enter', 'runs what was typed'],
      ['Alt+Enter, Ctrl+J', 'begins a new line'],
      ['Up, Down', 'lines of before; on an empty line first the last message, to be changed'],
      ['Tab', 'completes commands and names; twice shows what there is'],
      ['Ctrl+A, Ctrl+E', 'start and end (also Home and End)'],
      ['Ctrl+Left, Ctrl+Right', 'a word back or on (also Alt+B and Alt+F)'],
      ['Ctrl+W, Ctrl+U, Ctrl+K', 'delete the word, to the start, to the end'],
      ['Ctrl+L', 'clears the screen'],
      ['Ctrl+Z', 'suspends the program; fg brings it back'],
      ['Ctrl+C', 'empties the line, and leaves when it is empty (also Ctrl+D)'],
    ),
    text(
      'What is pasted keeps its line breaks and waits for Enter; Ctrl+C forgets it. Lines that were typed are kept, encrypted.',
    ),
    text('For a screen reader, or a terminal that cannot do all this: sotto chat --plain'),
    heading('Pasting with --plain'),
    text('Several lines that are pasted at once are held there: none of them is sent, or run as a command.'),
    text('The last of them may wait for Enter; the line behind a paste belongs to it, but for /send and /drop.'),
    commands(['/send [@<name>]', 'sends them as one message'], ['/drop', 'forgets them']),
  ],
};

const verify: HelpTopic = {
  names: ['verify', 'code', 'security'],
  entries: [
    heading('Is it really them?'),
    text(
      'Whoever carried your link could have sat down in the middle. A security code shows: it is the same for both of you when nobody is in between.',
    ),
    commands(
      ['/code @<name>', '1. shows your code; the contact sees theirs the same way'],
      ['/verify @<name> <code>', '2. give the code that the contact tells you, face to face or in a call'],
      ['/verify @<name>', 'forgets that it was verified'],
    ),
    text('The program remembers what was verified, and says so when a code changes.'),
  ],
};

const settings: HelpTopic = {
  names: ['settings', 'set', 'preferences'],
  entries: [
    heading('What you allow'),
    commands(
      ['/set', 'what you allow everybody'],
      ['/set @<name>', 'what you and a contact allow each other'],
      ['/set delete [@<name>] yes', 'messages that are deleted vanish, when the contact allows it too'],
      ['/set reactions [@<name>] no', 'no reactions'],
      ['/set voice, /set calls', 'told to your contacts in the same way'],
    ),
    text('yes: allowed when the contact allows it too; always: even when not; no: not allowed.'),
    commands(['/p <name>', 'changes your name, and tells your contacts'], ['/smp', 'servers for new connections']),
  ],
};

const privacy: HelpTopic = {
  names: ['privacy', 'server', 'servers'],
  entries: [
    heading('Who knows what'),
    text(
      'You have no account and no address: each contact reaches you through a queue of its own, on a server that you chose.',
    ),
    text(
      'Messages are encrypted between the two of you. Servers hold them until they are delivered, and cannot read them.',
    ),
    text(
      'A server sees the network addresses that connect to it. The messages, and what you typed, are in one encrypted file on this device.',
    ),
    text(
      'Somebody who has your unlocked device can read all of it. A message that was sent can be copied by who received it.',
    ),
  ],
};

const scripts: HelpTopic = {
  names: ['scripts', 'script', 'bots'],
  entries: [
    heading('Without a terminal'),
    commands(
      ['sotto chat -e <command>', 'runs a command and ends; several -e run in order, up to the first that fails'],
      ['sotto chat -e <command> -t 10', 'goes on receiving for ten seconds'],
      [
        '… | sotto chat',
        'reads commands line by line, writes messages line by line; the exit code tells whether all worked',
      ],
    ),
    text('A text that is a JSON string may have line breaks: @bob "one\\ntwo". Questions are not asked there.'),
    text(
      "Write names in quotes, @'bob' hello: without them a line is refused when another contact's name could be meant, as \"bob hello\" could be one.",
    ),
  ],
};

export const topics: readonly HelpTopic[] = [
  overview,
  connect,
  messages,
  reactions,
  markdown,
  keys,
  verify,
  settings,
  privacy,
  scripts,
];

/** Names of topics that Tab completes. */
export const topicNames: readonly string[] = topics
  .flatMap(({ names }) => names.slice(0, 1))
  .filter((name) => name !== '');
