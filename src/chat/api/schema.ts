/**
 * How commands and their data are described: valibot schemas with what is the same for all. A description gives the
 * TypeScript type, the check of what a face sends, and the page of docs/api.md.
 */
import * as v from 'valibot';
import type { Brand } from '../../base/index.ts';

/** What a face must be allowed to: read, write messages, manage contacts and settings, see what others must not. */
export type Right = 'read' | 'write' | 'manage' | 'secret';

/** A profile of the person: it owns chats, servers and settings. */
export type ProfileId = Brand<number, 'ProfileId'>;
/** A conversation of any kind; the id of a contact is that of its chat. */
export type ChatId = Brand<number, 'ChatId'>;
/** One line of a conversation. */
export type ItemId = Brand<number, 'ItemId'>;

/** An object of these fields alone. */
export const record = <const E extends v.ObjectEntries>(entries: E) => v.pipe(v.strictObject(entries), v.readonly());
export const list = <const S extends v.GenericSchema>(items: S) => v.pipe(v.array(items), v.readonly());
/** A field that may be missing. */
export const maybe = <const S extends v.GenericSchema>(schema: S) => v.optional(schema, () => undefined);
export const noFields = record({});

const positive = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const idSchema = <T extends number>(title: string) =>
  v.pipe(
    positive,
    v.title(title),
    v.transform((id): T => id as T),
  );
export const chatId: v.GenericSchema<number, ChatId> = idSchema<ChatId>('chat id');
export const itemId: v.GenericSchema<number, ItemId> = idSchema<ItemId>('item id');
export const timestamp = v.pipe(v.number(), v.title('milliseconds since 1970'));
/** How many of a list are asked for at once. */
export const MAX_PAGE = 1_000;
export const pageSize = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_PAGE));
/** Longest text that a command takes, in UTF-16 units; what fits into a message is less, and depends on the text. */
const MAX_TEXT = 100_000;
export const text = v.pipe(v.string(), v.maxLength(MAX_TEXT));

/** One command: what it takes and gives, and who may ask for it. */
export interface CommandDefinition<
  I extends v.GenericSchema = v.GenericSchema,
  O extends v.GenericSchema = v.GenericSchema,
> {
  /** What it does, for the documentation. */
  readonly summary: string;
  readonly right: Right;
  readonly input: I;
  readonly output: O;
  /** Codes of `ChatError` that it may fail with, apart from `input` and `right`. */
  readonly errors: readonly string[];
}

export const command = <const I extends v.GenericSchema, const O extends v.GenericSchema>(
  definition: CommandDefinition<I, O>,
): CommandDefinition<I, O> => definition;
