/** Finds links in typed or pasted text: in brackets and quotes, broken over lines, escaped by web pages. */
import { withoutInvisible } from './text-folding.ts';

/** Maximum length of text that is searched for connection links, in characters. */
const MAX_TEXT = 100_000;
/** Maximum pieces of a broken link to join, and maximum positions where a link may begin. */
const MAX_PIECES = 64;
const MAX_STARTS = 8;

const START =
  /(?:simplex:|(?:https?:\/\/)?[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9-]+)*(?::\d{1,5})?)\/(?:invitation|contact)(?=[/?#%])/gi;
/** Characters that end a link. */
const OUTSIDE = /[<>"'`(){}|\\^]|[^!-~]/;
/** Punctuation of the surrounding sentence. */
const AFTER = /[.,;:!?*\]]+$/;

/**
 * Candidates for connection links in `text`, in canonical form. Each is a list, shortest first, because a link may be
 * broken over several lines: the first of a list that can be parsed is the link.
 */
export function connectionLinkCandidates(text: string): readonly (readonly string[])[] {
  if (text.length > MAX_TEXT) return [];
  const plain = withoutInvisible(text).replace(/\p{Zs}/gu, ' ');
  const found: string[][] = [];
  for (const variant of variants(plain)) {
    let starts = 0;
    for (const { index } of variant.matchAll(START)) {
      if (++starts > MAX_STARTS) break;
      found.push(joins(variant.slice(index)).map(usualForm));
    }
  }
  return found;
}

/** The text, and its forms before escaping by a web page, a mail program or another link. */
function variants(text: string): readonly string[] {
  const unescaped = text
    .replace(/&(?:amp;)+/gi, '&')
    .replace(/&#(?:38|x26);/gi, '&')
    .replace(/&(?:lt|gt|quot|apos|nbsp|#39|#x27);/gi, ' ');
  const all = [unescaped];
  if (/=3D/i.test(unescaped)) {
    const quotedPrintable = unescaped.replace(/=\r?\n/g, '');
    all.push(
      quotedPrintable.replace(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    );
  }
  if (/(?:simplex|https?)%3A/i.test(unescaped)) all.push(unescaped.replace(/%[0-9A-F]{2}/gi, percentDecoded));
  if (/%2F(?:invitation|contact)/i.test(unescaped)) all.push(unescaped.replace(/%[0-9A-F]{2}/gi, percentDecoded));
  return all;
}

const percentDecoded = (escaped: string) => {
  const code = Number.parseInt(escaped.slice(1), 16);
  return code > 0x20 && code < 0x7f ? String.fromCharCode(code) : escaped;
};

/** The first piece, the first two joined, and so on; quotation marks of mails are removed. */
function joins(text: string): readonly string[] {
  const found: string[] = [];
  let joined = '';
  for (const piece of text.split(/\s+/).slice(0, MAX_PIECES)) {
    if (/^>+$/.test(piece)) continue;
    const end = piece.search(OUTSIDE);
    joined += end < 0 ? piece : piece.slice(0, end);
    found.push(joined.replace(AFTER, ''));
    // A trailing underscore may belong to a key, or to markdown around the link.
    if (joined.endsWith('_')) found.push(joined.replace(/_+$/, ''));
    if (end >= 0) break;
  }
  return found;
}

/** Removes tracking parameters before `#`, adds an omitted scheme, and normalises the case. */
function usualForm(link: string): string {
  const [, scheme = '', host = '', kind = '', query = ''] =
    /^(simplex:|https?:\/\/|)([^/]*)\/(invitation|contact)\/?(?:[?&][^#]*?)?(?:#|%23)(?:\/|%2F)?(?:\?|%3F)(.*)$/i.exec(
      link,
    ) ?? [];
  if (kind === '') return link;
  const start = scheme.toLowerCase() === 'simplex:' ? 'simplex:' : `https://${host.toLowerCase()}`;
  const decoded = /^v%3D/i.test(query) ? query.replace(/%[0-9A-F]{2}/gi, percentDecoded) : query;
  return `${start}/${kind.toLowerCase()}#/?${decoded}`;
}

/** Opening and closing characters around links. */
const OPENING = /^[<([{"'`*_«»“”„‚‘’‹›「『《〈【]+/u;
const CLOSERS: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' };
const CLOSING = /^[>"'`*«»“”„‚‘’‹›」』》〉】\p{P}]$/u;

/** The bounds of a possible link in a word: without surrounding brackets and trailing punctuation. */
export function linkBounds(word: string): { readonly start: number; readonly end: number } {
  let start = OPENING.exec(word)?.[0].length ?? 0;
  while (start < word.length && withoutInvisible(word[start] ?? '') === '') start++;
  let end = word.length;
  // Scans from the end: a regular expression would be slow for text made of punctuation.
  while (end > start) {
    const char = word[end - 1] ?? '';
    const opener = CLOSERS[char];
    // A bracket that was opened inside the link is part of it.
    if (char === '/' || char === '_' || char === '-') break;
    if (opener !== undefined && word.indexOf(opener, start) >= start && word.indexOf(opener, start) < end) break;
    if (!CLOSING.test(char) && withoutInvisible(char) !== '') break;
    end--;
  }
  return { start, end };
}
