/** The official terminal app, driven over the WebSocket interface that it has for bots. */
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { Program } from './programs.ts';
import { connectWebSocket, type TextSocket } from './web-socket.ts';

const START_MS = 20_000;
const ANSWER_MS = 15_000;

export class OfficialApp {
  readonly program: Program;
  readonly #socket: TextSocket;
  readonly #log: Log;

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
