/** Events that are no messages, as lines for a person. */

import type { ChatEvent, ChatFeature, FeatureState } from '../../../chat/index.ts';
import { quoteName } from '../name-syntax.ts';
import { eventWords } from '../words.ts';
import { command, dim, error, type Line, line, type Span } from './look.ts';
import { contactName, fullContactName, nameSpan, serverHost } from './names.ts';
import { safeLine } from './safe-text.ts';

/** Lines to show, and whether they tell of something that went wrong. */
export interface Rendered {
  readonly lines: readonly Line[];
  readonly failed: boolean;
}

/** Events that are lines of a conversation are shown by `items.ts`. */
export type OtherEvent = Exclude<
  ChatEvent,
  {
    readonly kind:
      | 'messageReceived'
      | 'messageUpdated'
      | 'messageStatus'
      | 'messageDeleted'
      | 'messageReaction'
      | 'changed';
  }
>;

export const featureNames: Readonly<Record<ChatFeature, string>> = {
  timedMessages: 'disappearing messages',
  fullDelete: 'full deletion',
  reactions: 'reactions',
  voice: 'voice messages',
  calls: 'calls',
};

/** `full deletion: enabled`, or for whom it is. */
export function featureText({ feature, forUs, forContact }: FeatureState): string {
  const who = forUs ? (forContact ? 'enabled' : 'enabled for you') : forContact ? 'enabled for the contact' : 'off';
  return `${featureNames[feature]}: ${who}`;
}

function connectionWords(event: Extract<OtherEvent, { kind: 'connectionFailed' }>): string {
  return event.reason === 'too-old'
    ? 'Its app is too old to talk to Sotto; it has to be updated.'
    : safeLine(eventWords(event));
}

function failureText(event: Extract<OtherEvent, { kind: 'error' }>): string {
  switch (event.failure) {
    case 'queue-deleted':
      return 'The server has deleted the queue: nothing can be received from this contact any more.';
    case 'not-sent':
      return `A change (an edit, a reaction, a new name) could not be sent: ${safeLine(eventWords(event))}`;
    case 'other':
      return safeLine(eventWords(event));
  }
}

export function renderEvent(event: OtherEvent): Rendered {
  const ok = (...lines: readonly Line[]): Rendered => ({ lines, failed: false });
  const failed = (text: string): Rendered => ({ lines: [line(error(text))], failed: true });
  const about = (name: string | Span, text: string) => ok(line(name, text));
  switch (event.kind) {
    case 'contactConnecting':
      return about(nameSpan(event.contact, fullContactName(event.contact)), ': contact is connecting');
    case 'contactConnected':
      return about(nameSpan(event.contact, fullContactName(event.contact)), ': contact is connected');
    case 'contactUpdated': {
      const previous = quoteName(safeLine(event.previousName));
      const name = contactName(event.contact);
      if (previous === name) return ok(line(`contact ${fullContactName(event.contact)} updated the profile`));
      const now = nameSpan(event.contact, fullContactName(event.contact));
      return ok(line(`contact ${previous} changed to `, now, ', use ', command(`@${name} <text>`)));
    }
    case 'contactDeletedByPeer':
      return ok(
        line(nameSpan(event.contact, fullContactName(event.contact)), ': the contact has ended the conversation'),
        line('use ', command(`/delete @${contactName(event.contact)}`), ' to remove it here too'),
      );
    case 'pqEncryption': {
      const what = event.enabled ? 'quantum resistant' : 'standard';
      const mark = event.enabled ? 'PQ on' : 'PQ off';
      return about(nameSpan(event.contact), `: ${what} end-to-end encryption enabled (${mark})`);
    }
    case 'featureChanged':
      return about(nameSpan(event.contact), ` changed what is allowed: ${featureText(event.feature)}`);
    case 'verificationReset':
      return failed(
        `${contactName(event.contact)}: the security code has changed and is not verified any more, see /code @${contactName(event.contact)}`,
      );
    case 'serverConnected':
      return ok(line(dim(`server connected: ${serverHost(event.server)}`)));
    case 'serverDisconnected':
      return ok(line(dim(`server disconnected: ${serverHost(event.server)}`)));
    case 'connectionFailed':
      return failed(`${contactName(event.contact)}: the connection failed: ${connectionWords(event)}`);
    case 'subscriptionEnded':
      return failed(
        `${contactName(event.contact)}: another program receives the messages of this contact now; restart Sotto to receive them here`,
      );
    case 'error': {
      const who = event.contact === undefined ? '' : `${contactName(event.contact)}: `;
      return failed(`${who}${failureText(event)}`);
    }
  }
}
