/** Questions before the chat starts: a name, a passphrase that is not shown. */

import { LineEditor } from './editor.ts';
import { KeyReader } from './keys.ts';
import type { TerminalPort } from './port.ts';
import { Screen } from './screen.ts';

/** Undefined when the person leaves with Ctrl-C or Ctrl-D. What is hidden is not drawn at all. */
export function ask(port: TerminalPort, question: string, hidden: boolean): Promise<string | undefined> {
  const keys = new KeyReader();
  const editor = new LineEditor();
  // Plain output where nothing is drawn twice: terminals that cannot draw ask for passphrases, too.
  const screen = hidden ? undefined : new Screen(port, question);
  if (hidden) port.write(question);
  return new Promise((resolve) => {
    const finish = (answer: string | undefined) => {
      const { before, after } = editor.line;
      screen?.close();
      port.write(hidden ? '\r\n' : `${question}${before}${after}\r\n`);
      port.stop();
      resolve(answer);
    };
    const onData = (chunk: Uint8Array) => {
      for (const key of keys.read(chunk)) {
        if (key.kind === 'enter' || key.kind === 'newline') return finish(editor.line.before + editor.line.after);
        if (editor.press(key).kind === 'quit') return finish(undefined);
        screen?.setInput({ prompt: question, ...editor.line });
      }
    };
    port.start(
      onData,
      () => screen?.comeBack(),
      () => finish(undefined),
    );
  });
}
