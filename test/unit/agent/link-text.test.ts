import { describe, expect, it } from 'vitest';
import { readInvitation } from '../../../src/agent/connection/check-link.ts';
import { formatConnectionLink } from '../../../src/agent/index.ts';
import { vectors } from '../../harness/vectors.ts';

const { full } = vectors<{ full: { name: string; text: string }[] }>('links');
const link = full.find(({ text }) => /\/invitation/.test(text) && text.startsWith('simplex:'))!.text;
const query = link.slice(link.indexOf('#/?') + 3);
const web = `https://simplex.chat/invitation#/?${query}`;
const third = Math.floor(link.length / 3);
const broken = (by: string) =>
  `${link.slice(0, third)}${by}${link.slice(third, 2 * third)}${by}${link.slice(2 * third)}`;

describe('a link that is pasted', () => {
  const texts: readonly (readonly [string, string])[] = [
    ['in a sentence', `Here it is: ${link}. Thanks`],
    ['between lines', `hello\n\n${link}\n\nAlice`],
    ['in angle brackets', `<${link}>`],
    ['in brackets', `(see ${link})`],
    ['in markdown', `[my link](${link}), use it`],
    ['in quotes', `„${link}“`],
    ['with a full stop', `${link}.`],
    ['with a comma and more', `${link}, please`],
    ['with bold signs', `*${link}*`],
    ['with a zero-width space', `\u200b${link.slice(0, 40)}\u200b${link.slice(40)}\ufeff`],
    ['with soft hyphens', `${link.slice(0, 60)}\u00ad${link.slice(60)}`],
    ['with direction marks', `\u2068${link}\u2069\u200e`],
    ['with no-break spaces', `link:\u00a0${link}\u00a0`],
    ['from a web page', link.replaceAll('&', '&amp;')],
    ['escaped twice', link.replaceAll('&', '&amp;amp;')],
    ['with a tracking parameter', web.replace('#', '?fbclid=IwAR0-x_y&utm_source=a#')],
    ['with a tracking parameter behind a slash', web.replace('#', '/?fbclid=1#')],
    ['without its scheme', web.replace('https://', '')],
    ['over http', web.replace('https:', 'http:')],
    ['with a capital letter', link.replace('simplex', 'Simplex')],
    ['broken over lines', broken('\n')],
    ['broken and indented', broken('\r\n    ')],
    ['broken in a quotation', `> ${broken('\n> ')}`],
    ['broken by a mail program', broken('=\r\n').replaceAll(/=(?![\r\n])/g, '=3D')],
    ['percent-encoded', encodeURIComponent(web)],
    ['in another link', `https://l.example.com/l.php?u=${encodeURIComponent(web)}&h=AT0`],
    ['with an encoded #', web.replace('#/?', '%23%2F%3F')],
    ['twice', `${link}\n${link}`],
  ];
  it.each(texts)('%s', (_, text) => {
    const found = readInvitation(text);
    expect({ ...found, scheme: 'simplex:' }).toEqual({ ...readInvitation(link), scheme: 'simplex:' });
  });

  it('is none that another text makes of it', () => {
    expect(() => readInvitation(link.slice(0, -30))).toThrow(expect.objectContaining({ code: 'link.cut-off' }));
    expect(() => readInvitation(`${'a/invitation#/?'.repeat(5000)}`)).toThrow(
      expect.objectContaining({ code: 'link.unreadable' }),
    );
    expect(() => readInvitation('look: https://smp15.simplex.im/i#abc')).toThrow(
      expect.objectContaining({ code: 'link.short' }),
    );
  });

  it('is refused where there are two', () => {
    const parsed = readInvitation(link);
    const other = formatConnectionLink({ ...parsed, clientData: 'other' });
    expect(() => readInvitation(`${link} or ${other}`)).toThrow(expect.objectContaining({ code: 'link.several' }));
  });
});
