/** Arguments that make no sense are refused, whichever command and option they are for. */
import { Command, CommanderError, type Option } from 'commander';
import { describe, expect, it } from 'vitest';
import { chatCommand } from '../../../../src/apps/cli/chat-command.ts';
import { makeStrict, usageCode } from '../../../../src/apps/cli/usage.ts';
import { smpServerCommand } from '../../../../src/apps/smp-server/index.ts';

function programs(): Command {
  const program = new Command('sotto').addCommand(chatCommand(async () => {})).addCommand(smpServerCommand());
  makeStrict(program);
  return program;
}

interface Taking {
  readonly path: readonly string[];
  readonly option: Option;
}

/** All options with a value, and the commands they are of. */
function optionsOf(command: Command, path: readonly string[] = []): readonly Taking[] {
  const own = command.options.filter(({ required, optional }) => required || optional);
  return [
    ...own.map((option) => ({ path, option })),
    ...command.commands.flatMap((inner) => optionsOf(inner, [...path, inner.name()])),
  ];
}

/** The exit code of arguments that are refused, and what is said. */
async function refusal(args: readonly string[]) {
  let said = '';
  const program = programs();
  const listen = (command: Command) => {
    command.configureOutput({
      writeErr: (text) => {
        said += text;
      },
    });
    command.commands.forEach(listen);
  };
  listen(program);
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    return { code: usageCode(error), said };
  }
  throw new Error(`not refused: ${args.join(' ')}`);
}

const cases = optionsOf(programs()).map(
  ({ path, option }) => [`${path.join(' ')} ${option.long}`, path, option] as const,
);

describe('an option', () => {
  it('is looked at whatever command it is of', () => {
    const names = cases.map(([name]) => name);
    expect(names).toEqual(expect.arrayContaining(['chat --key', 'smp-server start --port', 'smp-server check --data']));
  });

  it.each(cases)('%s is refused when its value is empty', async (_, path, option) => {
    for (const args of [[option.long!, ''], [`${option.long}=`]]) {
      const { code, said } = await refusal([...path, ...args]);
      expect(code).toBe(2);
      expect(said).toContain(option.long);
      expect(said).toMatch(/is empty|is invalid/);
    }
  });

  const value = (option: Option) => option.argChoices?.[0] ?? (option.long?.endsWith('country') ? 'DE' : '1');
  it.each(cases.filter(([, , { long }]) => long !== '--execute' && long !== '--server'))(
    '%s is refused when it is given twice',
    async (_, path, option) => {
      const given = [option.long!, value(option)];
      const { code, said } = await refusal([...path, ...given, ...given]);
      expect({ code, said }).toMatchObject({ code: 2, said: expect.stringContaining(`${option.long}`) });
      expect(said).toContain('is given more than once');
    },
  );

  it('may be repeated where its values add up', async () => {
    let options: unknown;
    const chat = chatCommand(async (raw) => {
      options = raw;
    });
    makeStrict(chat);
    await chat.parseAsync(['-e', '/p', '-e', '/v', '-s', 'a', '-s', 'b', '-y', '-y'], { from: 'user' });
    expect(options).toMatchObject({ execute: ['/p', '/v'], server: ['a', 'b'], yes: true });
  });
});

describe('arguments', () => {
  it.each([
    [['smp-server', 'backup', ''], 'an argument is empty'],
    [['smp-server', 'restore', ''], 'an argument is empty'],
    [['smp-server', 'doctor', ''], 'an argument is empty'],
    [['smp-server', 'backup'], "missing required argument 'file'"],
    [['chat', '--nope'], "unknown option '--nope'"],
    [['chat', '-e'], 'argument missing'],
    [['chat', 'extra'], 'too many arguments'],
    [['nope'], "unknown command 'nope'"],
  ])('%j are refused', async (args, reason) => {
    const { code, said } = await refusal(args);
    expect(code).toBe(2);
    expect(said).toContain(reason);
  });

  it('that ask for help are none of these', () => {
    expect(usageCode(new CommanderError(0, 'commander.help', ''))).toBe(0);
  });
});
