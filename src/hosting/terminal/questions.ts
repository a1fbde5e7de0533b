/** Questions to whoever runs a command. */
import { createInterface } from 'node:readline';
import { HostingError } from '../errors.ts';

export interface Questions {
  /** Asks until `check` finds nothing wrong; an empty answer gives `otherwise`. Throws when nobody answers. */
  required(question: string, otherwise: string, check: (answer: string) => string | undefined): Promise<string>;
  /** An empty answer, or none, is undefined. */
  optional(question: string, check: (answer: string) => string | undefined): Promise<string | undefined>;
  close(): void;
}

/** Asks on standard output and takes lines of standard input. */
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
          throw new HostingError('The questions were not answered: with -y none are asked.');
        }
        return otherwise;
      });
      return answer ?? otherwise;
    },
    optional: (question, check) => until(question, check, () => undefined),
    close: () => terminal.close(),
  };
}
