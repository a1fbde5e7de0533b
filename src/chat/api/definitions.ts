/** All commands by area, and the types that follow from them. */
import type * as v from 'valibot';
import { chats } from './chats.ts';
import { contacts } from './contacts.ts';
import { events } from './events-area.ts';
import { faces } from './faces.ts';
import { messages } from './messages.ts';
import { profiles } from './profiles.ts';
import type { CommandDefinition } from './schema.ts';
import { servers } from './servers.ts';
import { settings } from './settings.ts';

export const areas = { profiles, contacts, chats, messages, settings, servers, faces, events } as const;
type Areas = typeof areas;

/** `area.command` of each command. */
export type CommandName = { [A in keyof Areas]: `${A}.${keyof Areas[A] & string}` }[keyof Areas];
type DefinitionOf<N extends CommandName> = N extends `${infer A extends keyof Areas}.${infer C}`
  ? C extends keyof Areas[A]
    ? Areas[A][C]
    : never
  : never;
/** What a face gives to a command. */
export type CommandInput<N extends CommandName> =
  DefinitionOf<N> extends CommandDefinition<infer I, v.GenericSchema> ? v.InferInput<I> : never;
/** The same once it was checked. */
export type CheckedInput<N extends CommandName> =
  DefinitionOf<N> extends CommandDefinition<infer I, v.GenericSchema> ? v.InferOutput<I> : never;
export type CommandOutput<N extends CommandName> =
  DefinitionOf<N> extends CommandDefinition<v.GenericSchema, infer O> ? v.InferOutput<O> : never;

export interface CallOptions {
  /**
   * Chosen by the face, up to 64 characters, new for each thing to do: a command that is sent again with it, as after an
   * answer was lost, is done once and gives the same answer, or `no-item` or `no-contact` where that is gone. Kept for a week.
   */
  readonly clientId?: string;
}

type Method<D> =
  D extends CommandDefinition<infer I, infer O>
    ? Record<never, never> extends v.InferInput<I>
      ? (input?: v.InferInput<I>, options?: CallOptions) => Promise<v.InferOutput<O>>
      : (input: v.InferInput<I>, options?: CallOptions) => Promise<v.InferOutput<O>>
    : never;

/** All commands as methods: `api.messages.send({ chatId, text })`. Each fails with `ChatError` or `AgentError`. */
export type ChatApi = { readonly [A in keyof Areas]: { readonly [C in keyof Areas[A]]: Method<Areas[A][C]> } };

/** Carries a command to where it is done: in this process, or over a socket. */
export type Call = (name: CommandName, input: unknown, options: CallOptions) => Promise<unknown>;

export const commandNames = Object.entries(areas).flatMap(([area, commands]) =>
  Object.keys(commands).map((name) => `${area}.${name}` as CommandName),
);

export function definitionOf(name: string): CommandDefinition | undefined {
  const [area = '', command = '', ...more] = name.split('.');
  if (more.length > 0) return undefined;
  const commands = Object.hasOwn(areas, area)
    ? (areas as Record<string, Record<string, CommandDefinition>>)[area]
    : undefined;
  return commands !== undefined && Object.hasOwn(commands, command) ? commands[command] : undefined;
}

/** The methods of {@link ChatApi}, over whatever carries them. */
export function apiOver(call: Call): ChatApi {
  const api: Record<string, Record<string, unknown>> = {};
  for (const name of commandNames) {
    const [area = '', command = ''] = name.split('.');
    api[area] ??= {};
    api[area][command] = (input: unknown = {}, options: CallOptions = {}) => call(name, input, options);
  }
  return api as ChatApi;
}
