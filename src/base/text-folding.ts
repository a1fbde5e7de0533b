/** Texts as they are compared and searched: case, compatible forms, Unicode normal form and invisible characters do not count. */

/** Characters that nobody sees: zero-width ones, soft hyphens, byte order marks, direction marks, variation selectors. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/gu;

export function withoutInvisible(text: string): string {
  return text.replace(INVISIBLE, '');
}

/**
 * Equal for texts that a person takes for the same, in any script. By way of upper case, as `ß` and `SS` are the same
 * there; a final sigma is a sigma, and the Turkish `İ` and `ı` are an `i`.
 */
export function fold(text: string): string {
  return withoutInvisible(text)
    .normalize('NFKC')
    .toUpperCase()
    .toLowerCase()
    .replaceAll('ς', 'σ')
    .replaceAll('i\u0307', 'i')
    .normalize('NFKC');
}

/** Characters that show nothing but room, though they are no spaces: braille and Hangul blanks. */
const BLANKS = /[\s\u2800\u3164\u115f\u1160\uffa0]+/gu;

/** Letters of other scripts, and digits, each before the Latin letter that it looks like in most fonts. */
const LOOK_ALIKES = new Map(
  [
    // Cyrillic
    'аa ӑă сc ԁd еe һh іi јj ӏl оo рp ԛq ѕs ѵv ԝw хx уy кk АA ВB СC ЕE НH ІI ЈJ КK МM ОO РP ЅS ТT ХX УY ҮY ԜW ѴV ԚQ ԌG Ӏl',
    // Greek
    'αa ιi κk νv οo ρp υu γy ϲc ϳj ΑA ΒB ΕE ΖZ ΗH ΙI ΚK ΜM ΝN ΟO ΡP ΤT ΥY ΧX',
    // Armenian, phonetic letters, digits
    'ոn օo սu հh ցg ɑa ɡg ıi Il 1l |l 0o',
  ].flatMap((pairs) => pairs.split(' ').map((pair) => [...pair] as [string, string])),
);

/**
 * Equal for names that look alike: letters of Cyrillic, Greek and Armenian count as the Latin ones that they look like, `1` and
 * `I` as `l`, `0` as `o`, and blanks as nothing at the ends. A short form of the skeletons of Unicode Technical Standard 39.
 */
export function skeleton(text: string): string {
  const shown = withoutInvisible(text.replace(BLANKS, ' ')).normalize('NFKC').trim();
  const latin = (letter: string) => LOOK_ALIKES.get(letter) ?? letter;
  // Twice, as what looks like an `I` looks like an `l`.
  return [...shown]
    .map((letter) => latin(latin(letter)))
    .join('')
    .toLowerCase();
}
