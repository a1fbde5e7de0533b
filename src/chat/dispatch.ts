/**
 * Commands on their way to their handlers: whether the face may ask, whether the input is what the definition says, and
 * that a command which is sent again is done once.
 */
import * as v from 'valibot';
import { sha256 } from '../crypto/index.ts';
import { toHex, utf8 } from '../encoding/index.ts';
import {
  type Call,
  type CallOptions,
  ChatError,
  type CommandName,
  definitionOf,
  type ItemId,
  type ProfileId,
  type Right,
} from './api/index.ts';
import { requireContact, toContact } from './contacts/contact.ts';
import type { ChatContext } from './context.ts';
import { type Handlers, slowCommands } from './handlers.ts';
import * as store from './store/index.ts';

const MAX_CLIENT_ID = 64;

export interface DispatchOptions {
  readonly profileId: ProfileId;
  readonly rights: ReadonlySet<Right>;
  readonly signal: AbortSignal;
  /** Of all faces of the chat. */
  readonly underWay: CommandsUnderWay;
}

/** Slow commands with a client's id that are being done, by that id. */
export type CommandsUnderWay = Map<string, { readonly name: CommandName; readonly answer: Promise<unknown> }>;

type Handler = (input: unknown, signal: AbortSignal) => unknown;

/** Carries commands to handlers in this process. */
export function dispatcher(ctx: ChatContext, handlers: Handlers, options: DispatchOptions): Call {
  const { underWay } = options;
  return async (name, input, { clientId }: CallOptions) => {
    options.signal.throwIfAborted();
    const checked = check(name, input, options.rights);
    const handler = handlers[name] as Handler;
    if (clientId === undefined || !isDoneOnce(name)) return handler(checked, options.signal);
    if (typeof clientId !== 'string' || clientId === '' || clientId.length > MAX_CLIENT_ID) {
      throw new ChatError('client-id', { most: MAX_CLIENT_ID });
    }
    const running = underWay.get(clientId);
    if (running !== undefined && running.name !== name) throw new ChatError('client-id', { command: running.name });
    const given = inputDigest(checked);
    if (!slowCommands.has(name)) {
      return ctx.sql.transaction(() => once(name, clientId, given, () => handler(checked, options.signal)));
    }
    if (running !== undefined) return running.answer;
    const answer = onceSlow(name, clientId, given, async () => handler(checked, options.signal));
    underWay.set(clientId, { name, answer });
    return answer.finally(() => underWay.delete(clientId));
  };

  /** The answer that a command with this id had; undefined where it was not done yet. */
  function answered(name: CommandName, clientId: string, input: string): unknown {
    const done = store.findDoneCommand(ctx.sql, clientId, options.profileId);
    if (done === undefined) return undefined;
    if (done.command !== name || done.input !== input) throw new ChatError('client-id', { command: done.command });
    const { item, contact, profile, ...rest } = done.result;
    return {
      ...rest,
      ...(item === null && { item: requireItem(ctx, done.itemId) }),
      ...(contact === null && { contact: toContact(requireContact(ctx, done.chatId)) }),
      ...(profile === null && { profile: store.findProfile(ctx.sql, options.profileId) }),
    };
  }

  function remember(name: CommandName, clientId: string, input: string, result: unknown): void {
    store.putDoneCommand(ctx.sql, clientId, name, input, result, ctx.clock.now(), options.profileId);
  }

  function once(name: CommandName, clientId: string, input: string, run: () => unknown): unknown {
    const before = answered(name, clientId, input);
    if (before !== undefined) return before;
    const result = run();
    remember(name, clientId, input, result);
    return result;
  }

  async function onceSlow(
    name: CommandName,
    clientId: string,
    input: string,
    run: () => Promise<unknown>,
  ): Promise<unknown> {
    const before = answered(name, clientId, input);
    if (before !== undefined) return before;
    const result = await run();
    remember(name, clientId, input, result);
    return result;
  }
}

function requireItem(ctx: ChatContext, itemId: ItemId | undefined) {
  const stored = itemId === undefined ? undefined : store.findItem(ctx.sql, itemId);
  if (stored === undefined) throw new ChatError('no-item');
  return stored.item;
}

/** Others change nothing, or do the same when they are done again. */
const doneOnce: ReadonlySet<CommandName> = new Set([
  'profiles.create',
  'profiles.rename',
  'contacts.invite',
  'contacts.connect',
  'contacts.delete',
  'chats.clear',
  'messages.send',
  'messages.edit',
  'messages.delete',
  'messages.react',
  'messages.pin',
]);
const isDoneOnce = (name: CommandName) => doneOnce.has(name);

function inputDigest(input: unknown): string {
  return toHex(sha256(utf8(JSON.stringify(input))).subarray(0, 4));
}

function check(name: string, input: unknown, rights: ReadonlySet<Right>) {
  const definition = definitionOf(name);
  if (definition === undefined) throw new ChatError('input', { command: name, problem: 'There is no such command' });
  const { right } = definition;
  if (!rights.has(right)) throw new ChatError('right', { command: name, right });
  const parsed = v.safeParse(definition.input, input);
  if (!parsed.success) throw new ChatError('input', { command: name, problem: problemOf(parsed.issues[0]) });
  return parsed.output;
}

/** What is wrong with which field; never what was given, which may be a message. */
function problemOf(issue: v.BaseIssue<unknown>): string {
  const path = v.getDotPath(issue);
  const expected = issue.expected === null ? issue.type : `expected ${issue.expected}`;
  return path === null ? expected : `${path}: ${expected}`;
}
