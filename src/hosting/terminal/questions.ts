/** Prompts the user of a command. */
import { createInterface } from 'node:readline';
import { HostingError } from '../errors.ts';

export interface Questions {
  /** Prompts until `check` accepts the answer; an empty answer means `otherwise`. Throws at the end of input. */
  required(question: string, otherwise: string, check: (answer: string) => string | undefined): Promise<string>;
  /** An empty or missing answer is undefined. */
  optional(question: string, check: (answer: string) => string | undefined): Promise<string | undefined>;
  close(): void;
}

/** Prompts on standard output and reads lines from standard input. */
export function terminalQuestions(): Questions {
  const terminal = createInterface({ input: process.stdin });
  const lines = terminal[Symbol.asyncIterator]();
  const ask = async (question: string): Promise<string | undefined> => {
    process.stdout.write(question);
    const line = await lines.next();
    return line.done === true ? undefined : line.value.trim();
  };
  const until = async (
    question: string,
    check: (answer: string) => string | undefined,
    onNothing: (answer: string | undefined) => string | undefined,
  ): Promise<string | undefined> => {
    for (;;) {
      const answer = await ask(question);
      if (answer === undefined || answer === '') return onNothing(answer);
      const wrong = check(answer);
      if (wrong === undefined) return answer;
      process.stdout.write(`${wrong}\n`);
    }
  };
  return {
    async required(question, otherwise, check) {
      const answer = await until(question, check, (nothing) => {
        if (nothing === undefined) {
          throw new HostingError('The questions were not answered: use -y to skip them.');
        }
        return otherwise;
      });
      return answer ?? otherwise;
    },
    optional: (question, check) => until(question, check, () => undefined),
    close: () => terminal.close(),
  };
}
