/** A person who sends consecutive numbers to a contact, and continues after being killed. */
import type { ChatProgram } from './processes.ts';

/** Mulberry32: a small seeded generator for random moments. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

export class Talker {
  readonly chat: ChatProgram;
  readonly to: string;
  /** The next number to send. */
  next = 1;
  kills = 0;
  #restarting: Promise<void> | undefined;

  constructor(chat: ChatProgram, to: string) {
    this.chat = chat;
    this.to = to;
  }

  async kill(): Promise<void> {
    await this.#restarting;
    this.kills++;
    this.#restarting = this.#restart();
    await this.#restarting;
  }

  async #restart(): Promise<void> {
    await this.chat.restart();
    const { sent } = await this.chat.conversation(this.to);
    // What was typed but not stored when it died is typed again; what was stored is not. A line may stand twice in the
    // answer: while it is printed, ticks of sent messages are too.
    this.next = Math.max(0, ...sent.map(Number)) + 1;
  }

  /** Types the next number, with zeros in front to make it `length` long; resolves when it is stored, or its program dead. */
  async sayNext(length = 1): Promise<void> {
    await this.#restarting;
    const { program } = this.chat;
    const number = this.next;
    const from = program.lines.all.length;
    program.type(`@${this.to} ${`${number}`.padStart(length, '0')}`);
    const isStored = (line: string) => new RegExp(`@${this.to} 0*${number}( |$)`).test(line);
    const stored = program.lines.until(() => program.lines.all.slice(from).some(isStored), `stored ${number}`);
    const outcome = await Promise.race([stored.then(() => 'stored'), program.ended.then(() => 'killed')]);
    stored.catch(() => {});
    if (outcome === 'stored' && this.next === number) this.next = number + 1;
  }
}
