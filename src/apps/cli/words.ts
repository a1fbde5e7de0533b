/** What the terminal says for the codes of errors: what happened, what it means, and the command that helps. */
import { AgentError } from '../../agent/index.ts';
import {
  ChatError,
  type ChatEvent,
  type ItemNotice,
  MAX_NAME_LENGTH,
  MAX_REACTIONS,
  type SendFailure,
} from '../../chat/index.ts';

/** A mistake in what was typed, already in words. */
export class TerminalCommandError extends Error {
  override readonly name = 'TerminalCommandError';
}

type Words<V> = string | ((values: V) => string);

const changed: Readonly<Record<string, string>> = { edit: 'changed', delete: 'deleted for everyone' };

const chatWords: Readonly<Record<ChatError['code'], Words<ChatError['values']>>> = {
  input: ({ problem }) => `The input is not valid: ${problem}.`,
  right: 'This program has no right to do that.',
  'client-id': 'Another command was sent with this id before.',
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

const agentWords: Readonly<Record<AgentError['code'], Words<AgentError['values']>>> = {
  passphrase: ({ path }) => `The passphrase is wrong, or ${path} is not a Sotto database.`,
  'database-locked': ({ path }) => `Another program has ${path} open. Close it first.`,
  'database-damaged': ({ path }) => `${path} is damaged. Restore it from a backup; nothing was changed.`,
  'database-damaged.empty': ({ path }) =>
    `${path} is empty: it has 0 bytes, so its content is lost. Restore it from a backup; if it never held anything, delete it (rm ${path}) and start again.`,
  'database-newer': 'This database was used with a newer Sotto. Update Sotto to open it.',
  'disk.full': 'The disk is full. Free some space and try again.',
  'disk.not-writable': ({ path }) => `${path} cannot be opened for writing. Check the folder and its permissions.`,
  'link.several': 'There is more than one invitation link in this text. Copy one link and try again.',
  'link.short': 'This is a short link, which this version cannot open. Ask for the full link.',
  'link.unreadable': 'This is not an invitation link. Copy the whole link and try again.',
  'link.cut-off': 'This is not an invitation link. It may have been cut off. Copy the whole link and try again.',
  'link.address': 'This is a contact address, which this version cannot use. Ask for a one-time invitation link.',
  'link.old-server': 'The server of this link is too old. The other person needs one that is up to date.',
  'own-link': 'This is your own invitation link. Send it to the person you want to talk to.',
  'link-used': 'This link was already used, or its creator deleted it. Ask for a new one.',
  'version.old-app': 'This link was made by an app that is too old. The other person needs to update it.',
  'version.newer-app': 'This link was made by an app that is too new. Update Sotto to use it.',
  'version.old-contact': 'The contact uses an app that is too old. It has to be updated to connect.',
  'version.newer-contact': 'A contact uses a newer app than this Sotto understands. Update Sotto.',
  'version.old-contact-server': 'The server of the contact is too old. The contact needs one that is up to date.',
  'version.sender-key': 'The contact uses an app or server that is too old: it cannot secure the queue.',
  'server.none': 'No SMP server is set. Give one with -s smp://… or host your own.',
  'server.old': 'The server is too old: it does not let senders secure queues.',
  'server.refused': ({ detail }) => `The server refused to deliver messages: ${detail}`,
  'server.own-queue-gone': 'The server no longer has the queue of this contact, so nothing can be received from it.',
  'server.peer-queue-gone': 'The contact deleted the connection, or its server no longer has the queue.',
  'no-connection': 'There is no such connection.',
  'state.closing': 'Sotto is closing.',
  'state.not-connected': 'The contact is not connected yet.',
  'state.no-request': 'There is no request to accept on this connection.',
  'state.not-joining': 'This connection is not being joined.',
  'state.no-session': 'The connection has no encryption session yet.',
  'state.confirmation': 'An unexpected confirmation was received.',
  'too-large.message': ({ bytes }) => `The message is ${bytes} bytes too long to be sent in one piece.`,
  'too-large.profile': 'The profile is too large to be sent. Use a smaller picture or a shorter text.',
  'session-lost':
    'The encrypted session with this contact is lost: an older copy of a database was restored on one of the two devices, so neither side can decrypt messages. Delete the contact and connect again.',
  'message.unconfirmed': 'A message was received before the confirmation.',
  'message.unexpected-key': 'A message has a key that only a confirmation may have.',
  'message.unexpected-confirmation': 'A confirmation was received instead of a message.',
  'message.no-parameters': 'The confirmation has no encryption parameters.',
  'message.no-queue': 'The confirmation names no reply queue.',
  'message.no-information': 'The confirmation has no information.',
  'message.renewal': 'The contact asked to renew the encryption session, which is not supported.',
};

/** What is wrong with a name. */
export function nameWords(name: string): string {
  return `"${name}" cannot be a name. Use up to ${MAX_NAME_LENGTH} letters, digits, spaces and symbols, without ' and beginning with a letter, digit or emoji.`;
}

/** An error in words; the message of one that has no code. */
export function errorWords(error: unknown): string {
  if (error instanceof ChatError) return say(chatWords[error.code], error.values);
  if (error instanceof AgentError) return say(agentWords[error.code], error.values);
  return error instanceof Error ? error.message : String(error);
}

/** What an event says went wrong: its code in words, or its detail. */
export function eventWords({ code, values, detail }: EventError): string {
  return Object.hasOwn(agentWords, code) ? say(agentWords[code as AgentError['code']], values) : detail;
}

type EventError = Pick<Extract<ChatEvent, { readonly kind: 'error' }>, 'code' | 'values' | 'detail'>;

function say<V>(words: Words<V>, values: V): string {
  return typeof words === 'string' ? words : words(values);
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

/** In place of a message that cannot be shown. */
export const noticeWords: Readonly<Record<ItemNotice, string>> = {
  unreadable: '[a message that this version cannot read]',
  call: '[a call, which this version cannot take]',
  'group-invitation': '[an invitation to a group, which this version cannot join]',
  'voice-refused': '[a voice message, which you do not allow]',
  'session-lost':
    '[Messages of this contact cannot be read any more, and nothing is sent to it: an older copy of a database was restored, here or there. Delete the contact and connect anew.]',
};
