/** Commands about contacts and oneself: security codes, servers, what is allowed, the profile. */
import { ChatError, type ChatFeature, type Contact, type FeatureState, quoteName } from '../../../chat/index.ts';
import { featureNames, featureText } from '../show/events.ts';
import { command, type Line, line } from '../show/look.ts';
import { contactName, fullContactName, nameSpan, serverHost } from '../show/names.ts';
import { safeLine } from '../show/safe-text.ts';
import type { CommandContext } from './context.ts';
import { stateNote } from './lists.ts';
import type { CliCommand } from './parse.ts';

export function profileLines({ chat }: CommandContext): readonly Line[] {
  const profile = chat.profile();
  if (profile === undefined) return [line('no profile yet')];
  const name = quoteName(safeLine(profile.displayName));
  const fullName = profile.fullName === '' ? '' : ` (${safeLine(profile.fullName)})`;
  return [line(`user profile: ${name}${fullName}`), line('to change the name: ', command('/p <name>'))];
}

export function codeLines({ chat }: CommandContext, contact: Contact): readonly Line[] {
  const code = chat.securityCode(contact.chatId);
  const name = contactName(contact);
  if (code === undefined) throw new ChatError('not-connected', `${name}: no security code until it is connected`);
  return [
    line(`${name} security code:`),
    line(code),
    line('it is the same on both sides when nobody is in between: compare them'),
    line('when your contact tells you theirs: ', command(`/verify @${name} <their code>`)),
  ];
}

export function verify(
  { chat, display }: CommandContext,
  { name, code }: Extract<CliCommand, { kind: 'verify' }>,
): void {
  const contact = chat.contactByName(name);
  const { verified, code: own } = chat.verify(contact.chatId, code);
  if (!verified && code !== undefined) {
    const warning =
      'the codes differ. If it was copied right, somebody may be in between: do not trust this connection.';
    throw new ChatError('state', `${contactName(contact)}: ${warning}\nyour code is: ${own}`);
  }
  display.print([line(nameSpan(contact), verified ? ': connection verified' : ': connection not verified any more')]);
}

export function infoLines({ chat }: CommandContext, contact: Contact): readonly Line[] {
  const details = chat.contactDetails(contact.chatId);
  const hosts = (servers: readonly string[]) => servers.map(serverHost).join(', ') || 'none';
  const verified = contact.verified ? 'verified' : `not verified, see /code @${contactName(contact)}`;
  return [
    line(`contact ID: ${contact.chatId}`),
    line('contact ', nameSpan(contact, fullContactName(contact)), stateNote(contact)),
    line(`receiving messages via: ${hosts(details.receivingServers)}`),
    line(`sending messages via: ${hosts(details.sendingServers)}`),
    line(`end-to-end encryption: ${contact.pqEncryption ? 'quantum resistant (PQ on)' : 'standard (PQ off)'}`),
    line(`security code: ${verified}`),
    line(`allowed: ${shown(details.features).map(featureText).join(', ')}`),
    line(`chat protocol version: ${details.chatVersion ?? 'not known yet'}`),
    line(`agent protocol version: ${details.agentVersion ?? 'not known yet'}`),
  ];
}

/** Messages do not disappear here yet: nobody should be told that they do. */
function shown<T extends { readonly feature: ChatFeature }>(features: readonly T[]): readonly T[] {
  return features.filter(({ feature }) => feature !== 'timedMessages');
}

export function featureLines({ chat }: CommandContext, name: string | undefined): readonly Line[] {
  const change = line('to change it: ', command(`/set delete${name === undefined ? '' : ' @<name>'} yes|no|always`));
  if (name === undefined) {
    return [
      ...shown(chat.ownFeatures()).map(({ feature, allow }) => line(`${featureNames[feature]}: ${allow}`)),
      change,
    ];
  }
  const contact = chat.contactByName(name);
  const both = (state: FeatureState) => line(`${featureText(state)} (you: ${state.ours}, contact: ${state.theirs})`);
  return [...shown(chat.features(contact.chatId)).map(both), change];
}

export function setFeature(
  { chat, display }: CommandContext,
  { feature, name, allow }: Extract<CliCommand, { kind: 'setFeature' }>,
): void {
  const contact = name === undefined ? undefined : chat.contactByName(name);
  chat.setFeature(feature, allow, contact?.chatId);
  if (contact === undefined) {
    display.print([line(`${featureNames[feature]}: ${allow}; your contacts will be told`)]);
    return;
  }
  const state = chat.features(contact.chatId).find((each) => each.feature === feature);
  if (state !== undefined) display.print([line(nameSpan(contact), `: ${featureText(state)}`)]);
}
