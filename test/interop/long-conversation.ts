/**
 * Long random conversations with the official app: both write, edit, go away amid it and come back, fill each other's
 * queues, and the server may die. At the end all that was written must be with the other side within seconds, once and
 * in order: a conversation that waits for one of the long pauses of a full queue counts as stalled.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Chance } from '../simulation/chance.ts';
import { type Network, type RunningServer, type Side, START_MS } from './network.ts';
import type { OfficialApp } from './official-app.ts';
import type { Program } from './programs.ts';

/** How long nothing may arrive while both are there. The pauses of a full queue that must not be waited for: 300 s and more. */
const STALL_MS = 60_000;
const POLL_MS = 2_000;
/** More than a queue takes. */
const FLOOD = [130, 180] as const;
/** Of each side: the official app takes its time for each message. */
const FLOODS = 2;
const TALK = [1, 15] as const;
const ACTIONS = 40;
/** Receipts that the official app may have and not show. */
const STALE_MARKS = 3;
const STALE_MS = 5_000;

export interface LongConversations {
  readonly network: Network;
  readonly folder: string;
  /** Conversations on each server. */
  readonly count: number;
  readonly seed: number;
  readonly link: RegExp;
}

/** Runs them one after the other, prints a line for each, and gives how many failed. */
export async function longConversations({ network, folder, count, seed, link }: LongConversations): Promise<number> {
  let failed = 0;
  for (const side of ['ours', 'reference'] as const) {
    for (let each = seed; each < seed + count; each++) {
      const own = join(folder, `long-${side}-${each}`);
      mkdirSync(own);
      const conversation = new Conversation(network, side, own, new Chance(each));
      const began = Date.now();
      let outcome: string;
      try {
        outcome = `ok, ${await conversation.run(link)}`;
      } catch (error) {
        failed++;
        outcome = `FAILED: ${error instanceof Error ? error.message : String(error)}\n  ${conversation.story.join(', ')}`;
      } finally {
        await conversation.stop();
      }
      const seconds = Math.round((Date.now() - began) / 1000);
      const server = side === 'ours' ? 'sotto' : 'reference';
      console.log(`long conversation, server ${server}, seed ${each}, ${seconds} s: ${outcome}`);
    }
  }
  return failed;
}

/** A message as one side has it: its text and, on its sender's side, whether the receipt has come. */
interface Message {
  readonly text: string;
  readonly delivered: boolean;
}

/** What one side's database has, in its order. */
interface Messages {
  readonly sent: readonly Message[];
  readonly received: readonly Message[];
}

/** Every message begins with the initial of its side and a number. */
const OWN = /^[ot]\d+ /;

const weights = {
  'ours writes': 4,
  'theirs write': 4,
  'ours floods': 2,
  'theirs flood': 2,
  'ours edits': 2,
  'theirs edit': 2,
  'ours leaves': 3,
  'theirs leave': 3,
  'ours returns': 0,
  'theirs return': 0,
  'server dies': 1,
};

/** Who is away can only come back. */
const oursAway = { 'ours writes': 0, 'ours floods': 0, 'ours edits': 0, 'ours leaves': 0, 'ours returns': 5 };
const theirsAway = { 'theirs write': 0, 'theirs flood': 0, 'theirs edit': 0, 'theirs leave': 0, 'theirs return': 5 };

class Conversation {
  readonly story: string[] = [];
  readonly #network: Network;
  readonly #side: Side;
  readonly #folder: string;
  readonly #chance: Chance;
  #server: RunningServer | undefined;
  #serverProgram: Program | undefined;
  #ours: Program | undefined;
  #theirs: OfficialApp | undefined;
  #theirsLeft = 0;
  readonly #numbers = { o: 0, t: 0 };
  readonly #floods = { o: 0, t: 0 };

  constructor(network: Network, side: Side, folder: string, chance: Chance) {
    this.#network = network;
    this.#side = side;
    this.#folder = folder;
    this.#chance = chance;
  }

  async run(link: RegExp): Promise<string> {
    this.#server = await this.#network.startServer(this.#side, join(this.#folder, 'server'));
    this.#serverProgram = this.#server.program;
    const theirs = await this.#theirsReturn();
    const ours = this.#oursReturns();
    ours.write('/c\n');
    const [address] = await ours.waitFor(link, START_MS);
    theirs.send(`/c ${address}`);
    await ours.waitFor(/theirs: contact is connected/, START_MS);
    await theirs.waitFor(/"type":"contactConnected"/, START_MS);
    for (let n = 0; n < ACTIONS; n++) {
      await this.#act();
      await delay(this.#chance.between(20, 1_500));
    }
    return await this.#end();
  }

  async stop(): Promise<void> {
    await this.#theirs?.stop();
    await this.#ours?.stop();
    await this.#serverProgram?.stop();
  }

  async #act(): Promise<void> {
    const [ours, theirs] = [this.#ours, this.#theirs];
    const action = this.#chance.weighted({
      ...weights,
      ...(this.#floods.o < FLOODS ? {} : { 'ours floods': 0 }),
      ...(this.#floods.t < FLOODS ? {} : { 'theirs flood': 0 }),
      ...(ours === undefined ? oursAway : {}),
      ...(theirs === undefined ? theirsAway : {}),
    });
    this.story.push(action);
    switch (action) {
      case 'ours writes':
        return this.#oursWrites(TALK);
      case 'theirs write':
        return this.#theirsWrite(TALK);
      case 'ours floods':
        this.#floods.o++;
        return this.#oursWrites(FLOOD);
      case 'theirs flood':
        this.#floods.t++;
        return this.#theirsWrite(FLOOD);
      case 'ours edits':
        if (this.#numbers.o > 0) ours?.write(`! @theirs (o${this.#numbers.o} ) o${this.#numbers.o} changed\n`);
        return;
      case 'theirs edit':
        if (this.#numbers.t > 0) theirs?.send(`! @ours (t${this.#numbers.t} ) t${this.#numbers.t} changed`);
        return;
      case 'ours leaves':
        return this.#oursLeaves();
      case 'theirs leave':
        return this.#theirsLeave();
      case 'ours returns':
        this.#oursReturns();
        return;
      case 'theirs return':
        await this.#theirsReturn();
        return;
      case 'server dies':
        // The reference's keeps messages in memory only.
        if (this.#side === 'ours') await this.#serverDies();
        return;
    }
  }

  #words(initial: 'o' | 't'): string {
    const length = this.#chance.happens(0.1) ? 2_000 : 20;
    return `${initial}${++this.#numbers[initial]} ${'word '.repeat(this.#chance.between(1, length / 5)).trim()}`;
  }

  #oursWrites([min, max]: readonly [number, number]): void {
    const count = this.#chance.between(min, max);
    this.#ours?.write(Array.from({ length: count }, () => `@theirs ${this.#words('o')}\n`).join(''));
  }

  #theirsWrite([min, max]: readonly [number, number]): void {
    const count = this.#chance.between(min, max);
    for (let n = 0; n < count; n++) this.#theirs?.send(`@ours ${this.#words('t')}`);
  }

  #oursReturns(): Program {
    this.#ours = this.#network.startOurs(this.#folder, this.#server!.address);
    return this.#ours;
  }

  async #oursLeaves(): Promise<void> {
    if (this.#chance.happens(0.5)) await this.#ours?.kill();
    else await this.#ours?.stop();
    this.#ours = undefined;
  }

  async #theirsReturn(): Promise<OfficialApp> {
    this.#theirs = await this.#network.startTheirs(this.#folder, this.#server!.address);
    return this.#theirs;
  }

  async #theirsLeave(): Promise<void> {
    this.#theirsLeft++;
    await this.#theirs?.leave();
    this.#theirs = undefined;
  }

  async #serverDies(): Promise<void> {
    await this.#serverProgram!.kill();
    this.#serverProgram = this.#server!.restart();
    await this.#serverProgram.waitFor(/Ready/, START_MS);
  }

  /** Both come back and write a last message each: when it is there, so is all before it. */
  async #end(): Promise<string> {
    const theirs = this.#theirs ?? (await this.#theirsReturn());
    const ours = this.#ours ?? this.#oursReturns();
    const began = Date.now();
    const [lastOurs, lastTheirs] = [`o${++this.#numbers.o} last`, `t${++this.#numbers.t} last`];
    ours.write(`@theirs ${lastOurs}\n`);
    theirs.send(`@ours ${lastTheirs}`);
    await arrives(ours, `theirs> ${lastTheirs}`);
    await arrives(ours, `@theirs ${lastOurs}`, /✓✓ \S+ /);
    const seenByTheirs = await this.#seenByTheirsInTheEnd(theirs);
    const seconds = Math.round((Date.now() - began) / 1000);
    await ours.stop();
    this.#ours = undefined;
    const seenByOurs = await this.#seenByOurs();
    // Ended between storing and acknowledging a message, the official app never sends the receipt for it.
    mustBeAlike('from sotto', seenByOurs.sent, seenByTheirs.received, this.#theirsLeft);
    mustBeAlike('from the official app', seenByTheirs.sent, seenByOurs.received, STALE_MARKS);
    return `${seenByOurs.sent.length} messages out, ${seenByTheirs.sent.length} in, the last after ${seconds} s`;
  }

  /** With the receipts that still come for what they wrote. */
  async #seenByTheirsInTheEnd(theirs: OfficialApp): Promise<Messages> {
    let [fewest, since] = [Number.POSITIVE_INFINITY, Date.now()];
    for (;;) {
      const seen = await this.#seenByTheirs(theirs);
      const unknown = seen.sent.filter(({ delivered }) => !delivered).length;
      if (unknown < fewest) [fewest, since] = [unknown, Date.now()];
      const longEnough = Date.now() - since > (unknown > STALE_MARKS ? STALL_MS : STALE_MS);
      if (unknown === 0 || longEnough) return seen;
      await delay(POLL_MS);
    }
  }

  async #seenByTheirs(theirs: OfficialApp): Promise<Messages> {
    theirs.forget();
    const { resp } = JSON.parse(await theirs.ask('/tail @ours 100000', STALL_MS)) as TailAnswer;
    const { chatItems } = resp.Right ?? resp;
    const messages = (chatItems ?? [])
      .map(({ chatItem: { chatDir, meta } }) => ({
        sent: chatDir.type === 'directSnd',
        text: meta.itemText,
        delivered: meta.itemStatus.type === 'sndRcvd',
      }))
      .filter(({ text }) => OWN.test(text));
    return { sent: messages.filter(({ sent }) => sent), received: messages.filter(({ sent }) => !sent) };
  }

  async #seenByOurs(): Promise<Messages> {
    const tail = this.#network.startOurs(this.#folder, this.#server!.address, ['-e', '/tail @theirs 100000']);
    const lines = (await tail.finish()).split('\n').flatMap((line) => {
      const found = / (@theirs|theirs>) (?:\[edited\] )?([ot]\d+ .*?)( ✓| ✓✓| ✓✓!| ✗)?$/u.exec(line);
      return found === null ? [] : [{ sent: found[1] === '@theirs', text: found[2]!, delivered: found[3] === ' ✓✓' }];
    });
    return { sent: lines.filter(({ sent }) => sent), received: lines.filter(({ sent }) => !sent) };
  }
}

/** Waits for a line, as long as others come: messages of the other side, or receipts. */
async function arrives(ours: Program, line: string, before = /(?:)/): Promise<void> {
  for (let length = -1; ; ) {
    if (length === ours.output.length) throw new Error(`STALLED: nothing came for ${STALL_MS / 1000} s, nor "${line}"`);
    length = ours.output.length;
    try {
      await ours.waitFor(new RegExp(before.source + line), STALL_MS);
      return;
    } catch {
      // What came meanwhile decides.
    }
  }
}

interface TailAnswer {
  readonly resp: TailItems & { readonly Right?: TailItems };
}

interface TailItems {
  readonly chatItems?: readonly {
    readonly chatItem: {
      readonly chatDir: { readonly type: string };
      readonly meta: { readonly itemText: string; readonly itemStatus: { readonly type: string } };
    };
  }[];
}

/** Throws unless all arrived once and in order, and all but `allowed` are known to have. */
function mustBeAlike(which: string, sent: readonly Message[], received: readonly Message[], allowed: number): void {
  if (sent.length === 0) throw new Error(`no message ${which} was listed`);
  const different = sent.findIndex(({ text }, index) => received[index]?.text !== text);
  if (different >= 0 || received.length !== sent.length) {
    const at = different < 0 ? sent.length : different;
    const show = (messages: readonly Message[]) => messages[at]?.text.slice(0, 40) ?? 'nothing';
    throw new Error(
      `of ${sent.length} messages ${which} ${received.length} arrived; number ${at + 1} is "${show(sent)}" there, "${show(received)}" here`,
    );
  }
  // The official app may write "sent" over "received": its list then lacks a mark that its table of deliveries has.
  const unknown = sent.filter(({ delivered }) => !delivered).map(({ text }) => text.split(' ')[0]);
  if (unknown.length > allowed) {
    throw new Error(`of ${sent.length} messages ${which} these have no receipt: ${unknown.join(' ')}`);
  }
}
