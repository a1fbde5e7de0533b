/** The official terminal app, driven over the WebSocket interface that it has for bots. */
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { Program } from './programs.ts';
import { connectWebSocket, type TextSocket } from './web-socket.ts';

const START_MS = 20_000;
const ANSWER_MS = 15_000;
/** After which nothing more comes of what was under way. */
const QUIET_MS = 1_000;
/** All commands before it are done first. */
const LEAVE_MS = 90_000;

export class OfficialApp {
  readonly program: Program;
  readonly #socket: TextSocket;
  readonly #log: Log;
  #asked = 0;

  private constructor(program: Program, socket: TextSocket, log: Log) {
    this.program = program;
    this.#socket = socket;
    this.#log = log;
  }

  /** Makes a profile `theirs`, or of another name, in a new database and starts the app on it. */
  static async start(
    file: string,
    database: string,
    server: string,
    port: number,
    { name = 'theirs', options = [] }: { readonly name?: string; readonly options?: readonly string[] } = {},
  ): Promise<OfficialApp> {
    const args = ['-y', '-d', database, '-s', server, ...options];
    const creator = new Program('official app', file, [...args, '-e', '/p', '-t', '0']);
    creator.write(`${name}\n`);
    await creator.finish();
    const program = new Program('official app', file, [...args, '-p', String(port)]);
    const log = new Log();
    const deadline = Date.now() + START_MS;
    for (;;) {
      try {
        return new OfficialApp(program, await connectWebSocket(port, (text) => log.add(text)), log);
      } catch (error) {
        if (Date.now() > deadline) throw error;
        await delay(100);
      }
    }
  }

  send(command: string): void {
    this.#socket.send(JSON.stringify({ corrId: '1', cmd: command }));
  }

  /** The answer to a command, as JSON. */
  async ask(command: string, ms = ANSWER_MS): Promise<string> {
    const corrId = `ask ${++this.#asked}`;
    this.#socket.send(JSON.stringify({ corrId, cmd: command }));
    const [answer] = await this.waitFor(new RegExp(`^(?=.*"corrId":"${corrId}").*$`, 'm'), ms);
    return answer;
  }

  /** The first match in the answers and events so far, as the JSON they came in. */
  async waitFor(pattern: RegExp, ms = ANSWER_MS): Promise<RegExpExecArray> {
    const deadline = Date.now() + ms;
    for (;;) {
      const match = pattern.exec(this.#log.text);
      if (match !== null) return match;
      const left = deadline - Date.now();
      if (left <= 0) {
        const types = [...this.#log.text.matchAll(/"resp":\{"\w+":\{"type":"(\w+)"/g)].map((each) => each[1]);
        throw new Error(`official app: ${pattern} not within ${ms / 1000} s; it told: ${types.join(', ')}`);
      }
      await Promise.race([once(this.#log, 'more'), delay(left)]);
    }
  }

  /** Forgets the answers and events so far. */
  forget(): void {
    this.#log.text = '';
  }

  /**
   * Ends it as its mobile apps end: what it does is finished first. Ended amid it, it can drop a message that it has
   * decrypted: its agent acknowledges that message as a duplicate when it comes again.
   */
  async leave(): Promise<void> {
    await this.ask('/_app suspend 5000', LEAVE_MS);
    for (let length = -1; length !== this.#log.text.length; ) {
      length = this.#log.text.length;
      await delay(QUIET_MS);
    }
    await this.stop();
  }

  async stop(): Promise<void> {
    this.#socket.close();
    await this.program.stop();
  }
}

/** All that was received, and an event `more` whenever there is more. */
class Log extends EventTarget {
  text = '';
  add(text: string): void {
    this.text += `${text}\n`;
    this.dispatchEvent(new Event('more'));
  }
}
