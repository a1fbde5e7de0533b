/** Lines as a terminal shows them: colours and attributes (ECMA-48 SGR), and links that can be clicked (OSC 8). */
import type { MarkdownColor } from '../../../chat/index.ts';
import type { Mark, Span } from './look.ts';

/** What a terminal can do. */
export interface Abilities {
  readonly colors: 'none' | 'basic' | 'many';
  readonly links: boolean;
}

export type Paint = (part: Span) => string;

export type EnvironmentVariables = Readonly<Record<string, string | undefined>>;

/** From the environment of a program on a terminal: https://no-color.org, and what `TERM` says. */
export function terminalAbilities(env: EnvironmentVariables): Abilities {
  const term = env.TERM ?? '';
  const many = /256|kitty|alacritty|ghostty|foot/.test(term) || (env.COLORTERM ?? '') !== '';
  // The Linux console shows what it does not know.
  const links = many && term !== 'linux' && env.TERM_PROGRAM !== 'Apple_Terminal';
  const colors = (env.NO_COLOR ?? '') !== '' ? 'none' : many ? 'many' : 'basic';
  return { colors, links };
}

/** A terminal that cannot move its cursor, or a person who is better served by plain lines. */
export function wantsPlain(env: EnvironmentVariables, speaksConsole: () => boolean): boolean {
  const term = env.TERM ?? '';
  if ((env.SOTTO_PLAIN ?? '') !== '') return true;
  return term === '' || term === 'dumb' || (term === 'linux' && speaksConsole());
}

const basicColors: Readonly<Record<MarkdownColor, number>> = {
  red: 31,
  green: 32,
  yellow: 33,
  blue: 34,
  magenta: 35,
  cyan: 36,
};

// Of the 256 colours those in the middle, which can be read on a dark and on a light ground.
const nameColors = [33, 37, 70, 136, 166, 168, 133, 104, 173, 67] as const;
const basicNameColors = [32, 33, 35, 36, 34] as const;

/** Parameters that switch a look on, and off again; empty when the terminal has no such look. */
function sgr(mark: Mark, colors: Abilities['colors']): readonly [on: string, off: string] {
  const colored = colors !== 'none';
  const none = ['', ''] as const;
  switch (mark.kind) {
    case 'bold':
    case 'heading':
      return ['1', '22'];
    case 'italic':
      return ['3', '23'];
    case 'strike':
      return ['9', '29'];
    case 'secret':
      return colored ? ['8;30;40', '28;39;49'] : ['8', '28'];
    case 'link':
      return ['4', '24'];
    case 'dim':
      return colored ? ['90', '39'] : none;
    case 'error':
      return colored ? ['31', '39'] : none;
    case 'code':
    case 'command':
      return colored ? ['36', '39'] : none;
    case 'color':
      return colored ? [String(basicColors[mark.color]), '39'] : none;
    case 'name':
      return colored ? [nameColor(mark.of, colors), '39'] : ['1', '22'];
  }
}

function nameColor(contact: number, colors: 'basic' | 'many'): string {
  if (colors === 'basic') return String(basicNameColors[contact % basicNameColors.length]);
  return `38;5;${nameColors[contact % nameColors.length]}`;
}

const ESCAPE = '\u001b';

/** Paints one part; each begins and ends in the terminal's own look. */
export function painter({ colors, links }: Abilities): Paint {
  return ({ text, mark }) => {
    if (mark === undefined || text === '') return text;
    const [on, off] = sgr(mark, colors);
    const shown = on === '' ? text : `${ESCAPE}[${on}m${text}${ESCAPE}[${off}m`;
    if (mark.kind !== 'link' || !links) return shown;
    const uri = linkUri(mark.uri);
    return uri === undefined ? shown : `${ESCAPE}]8;;${uri}${ESCAPE}\\${shown}${ESCAPE}]8;;${ESCAPE}\\`;
  };
}

/** Longest link that terminals take. */
const MAX_URI_LENGTH = 2000;

/** A link of visible ASCII, with everything else in percent form; undefined when it is too long to be one. */
function linkUri(uri: string): string | undefined {
  const safe = uri.replace(/[^!-~]+/gu, (chars) => encodeURIComponent(chars.replace(/\p{Surrogate}/gu, '\ufffd')));
  return safe.length <= MAX_URI_LENGTH ? safe : undefined;
}
