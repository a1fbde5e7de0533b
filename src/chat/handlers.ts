/** What each command of the API does. */
import type { CheckedInput, CommandName, CommandOutput } from './api/index.ts';
import type { ChatCore } from './chat.ts';
import type { ChatContext } from './context.ts';
import { eventsSince } from './events/log.ts';

/** `signal` aborts when the chat stops. */
type Handler<N extends CommandName> = (
  input: CheckedInput<N>,
  signal: AbortSignal,
) => CommandOutput<N> | Promise<CommandOutput<N>>;
export type Handlers = { readonly [N in CommandName]: Handler<N> };

/** Commands that wait for a server, or for other work: they are not done in one transaction. */
export const slowCommands: ReadonlySet<CommandName> = new Set([
  'contacts.invite',
  'contacts.connect',
  'contacts.delete',
  'chats.clear',
  'messages.search',
]);

export function handlersOf(core: ChatCore, { sql }: ChatContext): Handlers {
  const done = {};
  return {
    'profiles.get': () => ({ profile: core.profile() }),
    'profiles.create': ({ displayName }) => ({ profile: core.createProfile(displayName) }),
    'profiles.rename': ({ displayName }) => ({ profile: core.renameProfile(displayName) }),
    'contacts.list': ({ after, count }) => ({ contacts: core.contacts(after, count) }),
    'contacts.get': ({ chatId }) => core.contactDetails(chatId),
    'contacts.find': ({ name }) => core.findContact(name),
    'contacts.invite': (_, signal) => core.createInvitation(signal),
    'contacts.connect': async ({ link }, signal) => ({ contact: await core.connect(link, signal) }),
    'contacts.delete': async ({ chatId }, signal) => {
      await core.removeMost(chatId, signal);
      core.deleteContact(chatId);
      return done;
    },
    'contacts.securityCode': ({ chatId }) => ({ code: core.securityCode(chatId) }),
    'contacts.verify': ({ chatId, code }) => core.verify(chatId, code),
    'chats.list': ({ count }) => ({ chats: core.chats(count) }),
    'chats.unread': ({ count }) => ({ chats: core.unread(count), ...core.unreadTotals() }),
    'chats.clear': async ({ chatId }, signal) => {
      core.clear(chatId, await core.removeMost(chatId, signal));
      return done;
    },
    'messages.list': ({ chatId, count, before, after }) => ({ items: core.items(chatId, count, { before, after }) }),
    'messages.get': ({ itemId }) => ({ item: core.item(itemId) }),
    'messages.search': async ({ chatId, text, count, before }) => {
      await core.indexed();
      return { items: core.search(chatId, text, count, before) };
    },
    'messages.send': ({ chatId, text, quoted }) => ({ item: core.sendText(chatId, text, quoted) }),
    'messages.edit': ({ itemId, text }) => ({ item: core.editMessage(itemId, text) }),
    'messages.delete': ({ itemId, scope }) => core.deleteMessage(itemId, scope),
    'messages.react': ({ itemId, emoji, add }) => ({ item: core.react(itemId, emoji, add) }),
    'messages.pin': ({ itemId, add }) => ({ item: core.pinMessage(itemId, add) }),
    'messages.pins': ({ chatId, count, before }) => ({ items: core.pinnedItems(chatId, count, before) }),
    'messages.markRead': ({ itemIds }) => {
      core.markRead(itemIds);
      return done;
    },
    'settings.ownFeatures': () => ({ features: core.ownFeatures() }),
    'settings.features': ({ chatId }) => ({ features: core.features(chatId) }),
    'settings.setFeature': ({ feature, allow, chatId }) => {
      core.setFeature(feature, allow, chatId);
      return done;
    },
    'servers.list': () => ({ servers: core.servers() }),
    'servers.status': () => core.status(),
    'faces.list': (place) => ({ values: core.faceValues(place) }),
    'faces.add': ({ face, list, keep, ...value }) => {
      core.addFaceValue({ face, list }, value, keep);
      return done;
    },
    'faces.remove': ({ face, list, values }) => {
      core.removeFaceValues({ face, list }, values);
      return done;
    },
    'events.since': ({ after, count }) => eventsSince(sql, after, count),
  };
}
