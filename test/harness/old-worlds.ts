/** Worlds that earlier versions left, as test/databases/README.md describes them: copied, served and opened. */
import { chmodSync, cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import * as v from 'valibot';
import { type Clock, systemClock } from '../../src/base/index.ts';
import {
  type ChatApi,
  type ChatItem,
  type CommandName,
  type CommandOutput,
  type Contact,
  definitionOf,
  type Profile,
} from '../../src/chat/index.ts';
import { parseSmpServer, type SmpServer } from '../../src/protocol/index.ts';
import { type PersonOptions, temporaryFolder } from './people.ts';
import { freePort, ServerProgram } from './processes.ts';

const worlds = fileURLToPath(new URL('../databases/', import.meta.url));
const clockHook = new URL('./movable-clock.mjs', import.meta.url).href;

/** The key of all databases. */
export const WORLD_KEY = { kind: 'raw', key: new Uint8Array(32).fill(7) } as const;

/** What somebody's chat tells. Without changes of messages, version 0.1 had no features to tell. */
export interface Told {
  readonly profile: Profile | undefined;
  readonly contacts: readonly (Contact & {
    readonly securityCode: string | undefined;
    readonly details: Omit<CommandOutput<'contacts.get'>, 'contact'> | undefined;
  })[];
  readonly items: readonly ChatItem[];
  readonly unread: readonly { readonly chatId: number; readonly count: number }[];
  readonly typedLines: readonly string[];
  readonly ownFeatures: CommandOutput<'settings.ownFeatures'>['features'] | undefined;
}

/** A copy of a world that can be changed. */
export interface OldWorld {
  readonly folder: string;
  readonly madeAt: number;
  /** Of the server, as conversations and links have it. */
  readonly address: SmpServer;
  /** An invitation of alice that nobody has used. */
  readonly unusedLink: string;
  /** Goes on from when the world was made: messages can be edited for a day. */
  readonly clock: Clock;
  database(name: string): string;
  /** What the version that made the world told of somebody's database, in terms of today. */
  told(name: string): Told;
}

/** `where`: a folder in test/databases/, such as `0.1/a`. */
export function copyWorld(where: string): OldWorld {
  const folder = temporaryFolder();
  cpSync(join(worlds, where), folder, { recursive: true });
  const store = join(folder, 'server', 'data', 'store', 'data.mdb');
  writeFileSync(store, gunzipSync(readFileSync(`${store}.gz`)));
  rmSync(`${store}.gz`);
  for (const key of ['ca.key', 'server.key']) chmodSync(join(folder, 'server', 'config', key), 0o600);
  const { madeAt, address, unusedLink, people } = JSON.parse(readFileSync(join(folder, 'told.json'), 'utf8'));
  const ahead = madeAt - Date.now();
  return {
    folder,
    madeAt,
    address: parseSmpServer(address).server,
    unusedLink,
    clock: { ...systemClock, now: () => Date.now() + ahead },
    database: (name) => join(folder, `${name}.db`),
    told: (name) => inTermsOfToday(people[name]),
  };
}

/** Starts today's server on the world's folder; gives the options of people who find it. `stop` it at the end. */
export async function serveWorld(
  world: OldWorld,
): Promise<{ readonly server: ServerProgram; readonly options: (name: string) => PersonOptions }> {
  const port = await freePort();
  const ahead = world.madeAt - Date.now();
  const server = new ServerProgram(join(world.folder, 'server'), port, {
    env: { NODE_OPTIONS: `--import ${clockHook}`, SOTTO_TEST_CLOCK: `${ahead}` },
  });
  await server.start();
  return { server, options: (name) => ({ databasePath: world.database(name), clock: world.clock, port }) };
}

/** What a chat of today tells; throws where that is not what the definitions of its commands say. */
export async function tell(api: ChatApi): Promise<Told> {
  const checked = <N extends CommandName>(name: N, output: CommandOutput<N>): CommandOutput<N> => {
    v.parse(definitionOf(name)!.output, output);
    return output;
  };
  const count = 1_000;
  const { contacts } = checked('contacts.list', await api.contacts.list({ count }));
  const { chats } = checked('chats.unread', await api.chats.unread());
  const { values } = checked('faces.list', await api.faces.list({ face: 'terminal', list: 'lines' }));
  const known: Told['contacts'][number][] = [];
  for (const contact of contacts) {
    const { chatId, state } = contact;
    const { contact: _, ...details } = checked('contacts.get', await api.contacts.get({ chatId }));
    const { code: securityCode } = checked('contacts.securityCode', await api.contacts.securityCode({ chatId }));
    known.push({ ...contact, securityCode, details: state === 'invited' ? undefined : details });
  }
  return {
    profile: checked('profiles.get', await api.profiles.get()).profile,
    contacts: known,
    items: checked('messages.list', await api.messages.list({ count })).items,
    unread: chats.map(({ contact, count: unread }) => ({ chatId: contact.chatId, count: unread })),
    typedLines: values.map(({ value }) => value),
    ownFeatures: checked('settings.ownFeatures', await api.settings.ownFeatures()).features,
  };
}

/** As version 0.1 told it; optional is what it did not have everywhere. */
interface ToldBefore {
  readonly profile: Profile;
  readonly contacts: readonly (Omit<Told['contacts'][number], 'chatId'> & { readonly contactId: number })[];
  readonly items: readonly (Omit<ChatItem, 'chatId'> & { readonly contactId: number })[];
  readonly unread?: readonly { readonly contactId: number; readonly count: number }[];
  readonly inputHistory?: readonly string[];
  readonly ownFeatures?: Told['ownFeatures'];
}

/** What version 0.1 called by other names or did not tell, as it is today. */
function inTermsOfToday({ profile, contacts, items, unread, inputHistory, ownFeatures }: ToldBefore): Told {
  const withChat = <T extends { readonly contactId: number }>({ contactId, ...rest }: T) => ({
    ...rest,
    chatId: contactId as Contact['chatId'],
  });
  const neverVerified = { verified: false };
  const neverChanged = { edited: false, forwarded: false, live: false, reactions: [] };
  return {
    profile,
    contacts: contacts.map((contact) => ({ ...neverVerified, ...withChat(contact) }) as Told['contacts'][number]),
    items: items.map((item) => ({ ...neverChanged, ...withChat(item) }) as ChatItem),
    unread: (unread ?? []).map(withChat),
    typedLines: inputHistory ?? [],
    ownFeatures,
  };
}
