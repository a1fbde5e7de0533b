/** Commands about contacts and oneself: security codes, servers, what is allowed, the profile. */

import { type ChatApi, ChatError, type ChatFeature, type Contact, type FeatureState } from '../../../chat/index.ts';
import { quoteName } from '../name-syntax.ts';
import { featureNames, featureText } from '../show/events.ts';
import { command, type Line, line } from '../show/look.ts';
import { contactName, fullContactName, nameSpan, serverHost } from '../show/names.ts';
import { safeLine } from '../show/safe-text.ts';
import { TerminalCommandError } from '../words.ts';
import type { CliCommand } from './command.ts';
import { contactByName } from './contact-names.ts';
import type { CommandContext } from './context.ts';
import { stateNote } from './lists.ts';

export async function profileLines({ chat }: CommandContext): Promise<readonly Line[]> {
  const { profile } = await chat.profiles.get();
  if (profile === undefined) return [line('no profile yet')];
  const name = quoteName(safeLine(profile.displayName));
  const fullName = profile.fullName === '' ? '' : ` (${safeLine(profile.fullName)})`;
  return [line(`user profile: ${name}${fullName}`), line('to change the name: ', command('/p <name>'))];
}

export async function codeLines({ chat }: CommandContext, contact: Contact): Promise<readonly Line[]> {
  const { code } = await chat.contacts.securityCode({ chatId: contact.chatId });
  const name = contactName(contact);
  if (code === undefined) throw new TerminalCommandError(`${name}: no security code until it is connected`);
  return [
    line(`${name} security code:`),
    line(code),
    line('it is the same on both sides when nobody is in between: compare them'),
    line('when your contact tells you theirs: ', command(`/verify @${name} <their code>`)),
  ];
}

export async function verify(
  { chat, display }: CommandContext,
  { name, code }: Extract<CliCommand, { kind: 'verify' }>,
): Promise<void> {
  const contact = await contactByName(chat, name);
  const { verified, code: own } = await verifyCode(chat, contact, code);
  if (!verified && code !== undefined) {
    const warning =
      'the codes differ. If it was copied right, somebody may be in between: do not trust this connection.';
    throw new TerminalCommandError(`${contactName(contact)}: ${warning}\nyour code is: ${own}`);
  }
  display.print([line(nameSpan(contact), verified ? ': connection verified' : ': connection not verified any more')]);
}

/** Compares codes; there is none before the contact is connected. */
async function verifyCode(chat: ChatApi, contact: Contact, code: string | undefined) {
  try {
    return await chat.contacts.verify({ chatId: contact.chatId, code });
  } catch (error) {
    if (!(error instanceof ChatError && error.code === 'not-connected')) throw error;
    throw new TerminalCommandError(`${contactName(contact)}: no security code until it is connected`);
  }
}

export async function infoLines({ chat }: CommandContext, contact: Contact): Promise<readonly Line[]> {
  const details = await chat.contacts.get({ chatId: contact.chatId });
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

export async function featureLines({ chat }: CommandContext, name: string | undefined): Promise<readonly Line[]> {
  const change = line('to change it: ', command(`/set delete${name === undefined ? '' : ' @<name>'} yes|no|always`));
  if (name === undefined) {
    const { features } = await chat.settings.ownFeatures();
    return [...shown(features).map(({ feature, allow }) => line(`${featureNames[feature]}: ${allow}`)), change];
  }
  const contact = await contactByName(chat, name);
  const both = (state: FeatureState) => line(`${featureText(state)} (you: ${state.ours}, contact: ${state.theirs})`);
  const { features } = await chat.settings.features({ chatId: contact.chatId });
  return [...shown(features).map(both), change];
}

export async function setFeature(
  { chat, display }: CommandContext,
  { feature, name, allow }: Extract<CliCommand, { kind: 'setFeature' }>,
): Promise<void> {
  const contact = name === undefined ? undefined : await contactByName(chat, name);
  await chat.settings.setFeature({ feature, allow, chatId: contact?.chatId });
  if (contact === undefined) {
    display.print([line(`${featureNames[feature]}: ${allow}; your contacts will be told`)]);
    return;
  }
  const { features } = await chat.settings.features({ chatId: contact.chatId });
  const state = features.find((each) => each.feature === feature);
  if (state !== undefined) display.print([line(nameSpan(contact), `: ${featureText(state)}`)]);
}
