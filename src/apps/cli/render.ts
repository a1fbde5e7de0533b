/** Chat items and events as lines for a person; every name and text that was received is made harmless here. */
import { type ChatEvent, type ChatItem, type Contact, type Integrity, quoteName } from '../../chat/index.ts';
import { safeLine, safeLines } from './safe-text.ts';

/** How parts of lines are set off; in plain mode not at all. */
export interface Style {
  readonly from: (text: string) => string;
  readonly to: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly command: (text: string) => string;
  readonly error: (text: string) => string;
}

const same = (text: string) => text;
const sgr = (on: number, off: number) => (text: string) => `\u001b[${on}m${text}\u001b[${off}m`;

export const plainStyle: Style = { from: same, to: same, dim: same, command: same, error: same };
export const colorStyle: Style = {
  from: sgr(33, 39),
  to: sgr(36, 39),
  dim: sgr(90, 39),
  command: sgr(36, 39),
  error: sgr(31, 39),
};

/** Lines to show, and whether they tell of something that went wrong. */
export interface Rendered {
  readonly lines: readonly string[];
  readonly failed: boolean;
}

/** Continued lines of a message are indented, so that none can pass for a line of somebody else. */
const INDENT = '      ';

const NOON = 12;
const EVENING = 18;

/** `19:26` of today, or of last night until noon; `11-23` before. In local time. */
export function shortTime(timestamp: number, now: number): string {
  const time = new Date(timestamp);
  const today = new Date(now);
  const two = (n: number) => String(n).padStart(2, '0');
  const evening = new Date(today.getFullYear(), today.getMonth(), today.getDate() - 1, EVENING);
  const sameDay = time.toDateString() === today.toDateString();
  const lastNight = today.getHours() < NOON && time >= evening && time < today;
  return sameDay || lastNight
    ? `${two(time.getHours())}:${two(time.getMinutes())}`
    : `${two(time.getMonth() + 1)}-${two(time.getDate())}`;
}

/** A contact's name as commands take it. */
export function contactName(contact: Contact): string {
  return quoteName(safeLine(contact.localName));
}

/** The name, and in brackets the full name when there is another one. */
export function fullContactName(contact: Contact): string {
  const fullName = safeLine(contact.profile?.fullName ?? '');
  const name = contactName(contact);
  return fullName === '' || fullName === contact.localName ? name : `${name} (${fullName})`;
}

/** `✓`: on the server, `✓✓`: with the contact. Empty while it waits. */
export function receiptMark(item: ChatItem): string {
  if (item.direction.kind !== 'sent') return '';
  const { status } = item.direction;
  switch (status.kind) {
    case 'pending':
      return '';
    case 'sent':
      return '✓';
    case 'delivered':
      return status.intact ? '✓✓' : '✓✓!';
    case 'failed':
      return '✗';
  }
}

/** `19:26 @alice hello` or `19:26 bob> hello`, without the receipt. */
export function renderItem(item: ChatItem, contact: Contact, now: number, style: Style): readonly string[] {
  const time = style.dim(shortTime(item.timestamp, now));
  const name = contactName(contact);
  const party = item.direction.kind === 'sent' ? style.to(`@${name}`) : style.from(`${name}>`);
  const [first = '', ...others] = safeLines(item.text);
  const lines = [`${time} ${party} ${first}`, ...others.map((line) => INDENT + line)];
  const gap = item.direction.kind === 'received' ? integrityText(item.direction.integrity) : undefined;
  return gap === undefined ? lines : [`${time} ${party} ${style.error(gap)}`, ...lines];
}

/** `19:26 bob> [edited] hello`: what its sender has changed. */
export function renderUpdate(item: ChatItem, contact: Contact, now: number, style: Style): readonly string[] {
  return renderItem({ ...item, text: `[edited] ${item.text}` }, contact, now, style);
}

/** An item with the state of its delivery, for lists. */
export function renderItemWithMark(item: ChatItem, contact: Contact, now: number, style: Style): readonly string[] {
  const lines = [...renderItem(item, contact, now, style)];
  const mark = receiptMark(item);
  if (mark !== '') lines.push(`${lines.pop()} ${style.dim(mark)}`);
  return lines;
}

function integrityText(integrity: Integrity): string | undefined {
  switch (integrity.kind) {
    case 'ok':
      return undefined;
    case 'skipped': {
      const count = integrity.to - integrity.from + 1;
      return count === 1 ? '[1 message before this one is missing]' : `[${count} messages before this one are missing]`;
    }
    case 'bad-id':
      return '[the number of this message is out of order]';
    case 'bad-hash':
      return '[the messages before this one are not the ones that were sent]';
    case 'duplicate':
      return '[this message was received before]';
  }
}

/** `smp://…@host:port` as its host. */
export function serverHost(address: string): string {
  return safeLine(/@([^/,?#]+)/.exec(address)?.[1] ?? address);
}

/** Every event but those of messages, which are lines of a conversation: see {@link renderItem}. */
export function renderEvent(
  event: Exclude<ChatEvent, { readonly kind: 'messageReceived' | 'messageUpdated' | 'messageStatus' }>,
  style: Style,
): Rendered {
  const ok = (...lines: readonly string[]): Rendered => ({ lines, failed: false });
  const failed = (...lines: readonly string[]): Rendered => ({ lines: lines.map(style.error), failed: true });
  switch (event.kind) {
    case 'contactConnecting':
      return ok(`${fullContactName(event.contact)}: contact is connecting`);
    case 'contactConnected':
      return ok(`${fullContactName(event.contact)}: contact is connected`);
    case 'contactUpdated': {
      const previous = quoteName(safeLine(event.previousName));
      const name = contactName(event.contact);
      if (previous === name) return ok(`contact ${fullContactName(event.contact)} updated the profile`);
      return ok(`contact ${previous} changed to ${fullContactName(event.contact)}, use ${style.to(`@${name} <text>`)}`);
    }
    case 'contactDeletedByPeer':
      return ok(
        `${fullContactName(event.contact)}: the contact has ended the conversation`,
        `use ${style.command(`/delete @${contactName(event.contact)}`)} to remove it here too`,
      );
    case 'pqEncryption': {
      const what = event.enabled ? 'quantum resistant' : 'standard';
      const mark = event.enabled ? 'PQ on' : 'PQ off';
      return ok(`${contactName(event.contact)}: ${what} end-to-end encryption enabled (${mark})`);
    }
    case 'messageDeleted': {
      const mark = event.removed ? '[deleted] ' : '[marked deleted] ';
      return ok(`${style.from(`${contactName(event.contact)}>`)} ${style.error(mark)}${safeLine(event.item.text)}`);
    }
    case 'messageReaction': {
      const quoted = `${event.item.direction.kind === 'sent' ? '>>' : '>'} ${safeLine(event.item.text)}`;
      const reaction = `    ${event.added ? '+' : '-'} ${event.reaction}`;
      return ok(`${style.from(`${contactName(event.contact)}>`)} ${quoted}`, reaction);
    }
    case 'featureChanged':
      return ok(`${contactName(event.contact)} changed what it allows: ${event.feature.feature}`);
    case 'verificationReset':
      return failed(`${contactName(event.contact)}: the security code has changed: compare it again with /code`);
    case 'serverConnected':
      return ok(style.dim(`server connected: ${serverHost(event.server)}`));
    case 'serverDisconnected':
      return ok(style.dim(`server disconnected: ${serverHost(event.server)}`));
    case 'connectionFailed':
      return failed(`${contactName(event.contact)}: the connection failed: ${safeLine(event.reason)}`);
    case 'subscriptionEnded':
      return failed(
        `${contactName(event.contact)}: another program receives the messages of this contact now; restart Sotto to receive them here`,
      );
    case 'error': {
      const who = event.contact === undefined ? '' : `${contactName(event.contact)}: `;
      return failed(`${who}${safeLine(event.message)}`);
    }
  }
}
