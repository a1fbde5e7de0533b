/** Questions before the chat starts: a name, a passphrase that is not shown. */

import { LineEditor } from './editor.ts';
import { KeyReader } from './keys.ts';
import type { TerminalPort } from './port.ts';

/** Undefined when the person leaves with Ctrl-C or Ctrl-D. What is hidden is not drawn at all. */
export function ask(port: TerminalPort, question: string, hidden: boolean): Promise<string | undefined> {
  const keys = new KeyReader();
  const editor = new LineEditor();
  const show = () => port.write(`\r\u001b[K${question}${editor.line.before}${editor.line.after}`);
  return new Promise((resolve) => {
    const finish = (answer: string | undefined) => {
      port.write('\r\n');
      port.stop();
      resolve(answer);
    };
    const onData = (chunk: Uint8Array) => {
      for (const key of keys.read(chunk)) {
        if (key.kind === 'enter' || key.kind === 'newline') return finish(editor.line.before + editor.line.after);
        if (editor.press(key).kind === 'quit') return finish(undefined);
        if (!hidden) show();
      }
    };
    port.start(onData, hidden ? () => {} : show, () => finish(undefined));
    if (hidden) port.write(question);
    else show();
  });
}
