/** What the terminal says for the codes of errors: what happened, what it means, and the command that helps. */
import { ChatError, MAX_NAME_LENGTH, MAX_REACTIONS, type SendFailure } from '../../chat/index.ts';

/** A mistake in what was typed, already in words. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

type Values = ChatError['values'];
type Words = string | ((values: Values) => string);

const changed: Readonly<Record<string, string>> = { edit: 'changed', delete: 'deleted for everyone' };

const words: Readonly<Record<ChatError['code'], Words>> = {
  input: ({ problem }) => `This cannot be done so: ${problem}.`,
  right: 'This may not be done from here.',
  'client-id': 'The same command was sent twice with different content.',
  'no-profile': 'Choose a name for your profile first.',
  'profile-exists': 'There is a profile already. Use /p <name> to rename it.',
  name: ({ name }) => nameWords(String(name)),
  'no-contact': 'There is no such contact.',
  'no-item': 'There is no such message.',
  'not-connected': ({ name, ended }) =>
    ended === true ? `${name} has deleted the connection.` : `${name} is not connected yet.`,
  blank: 'There is nothing to send: write a text after the name.',
  'too-long': 'The message is too long. Send it in parts of up to 13,000 letters.',
  unchanged: 'The message is the same as before.',
  'not-quotable': 'This message cannot be answered.',
  'not-ours': ({ to }) => `Only messages that you have sent can be ${changed[String(to)]}.`,
  forwarded: 'A message that was passed on cannot be changed.',
  deleted: 'The message is deleted already.',
  'too-late': ({ to }) => `A message can be ${changed[String(to)]} within a day after it was sent.`,
  'unknown-reaction': ({ known }) => `The reactions are ${known}`,
  'reactions-off': ({ name }) => `Reactions are not allowed with ${name}.`,
  'not-reactable': 'Nobody can react to this message.',
  'reaction-there': 'You already added this reaction.',
  'reaction-absent': 'You have not added this reaction.',
  'too-many-reactions': `There can be ${MAX_REACTIONS} reactions of yours on a message: take one back first.`,
  'pin-there': 'This message is pinned already.',
  'pin-absent': 'This message is not pinned.',
  'too-many-pins': ({ most }) =>
    `There can be ${most} pinned messages in a conversation: take one back first, with /unpin.`,
};

/** What is wrong with a name. */
export function nameWords(name: string): string {
  return `"${name}" cannot be a name. Use up to ${MAX_NAME_LENGTH} letters, digits, spaces and symbols, without ' and beginning with a letter, digit or emoji.`;
}

/** An error in words; one that is no code of the chat says it itself. */
export function errorWords(error: unknown): string {
  if (!(error instanceof ChatError)) return error instanceof Error ? error.message : String(error);
  const said = words[error.code];
  return typeof said === 'string' ? said : said(error.values);
}

const failures: Readonly<Record<SendFailure, string>> = {
  'deleted-by-peer': 'the contact has ended the conversation',
  'queue-gone': 'The contact deleted the connection, or its server no longer has the queue.',
  expired: 'The server could not be reached for too long.',
  'session-lost': 'The contact cannot read what is sent: an older copy of a database was restored, here or there.',
  refused: 'The server refused it.',
};

/** Why a message will never arrive; of versions before, in their words. */
export function failureWords(reason: string): string {
  return Object.hasOwn(failures, reason) ? failures[reason as SendFailure] : reason;
}
