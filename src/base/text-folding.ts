/**
 * Text normalisation for comparing and searching: ignores case, compatibility forms, Unicode normal forms and invisible
 * characters.
 */

/** Invisible characters: zero-width ones, soft hyphens, byte order marks, direction marks, variation selectors. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/gu;

export function withoutInvisible(text: string): string {
  return text.replace(INVISIBLE, '');
}

/**
 * Equal for texts that people consider the same, in any script. Folds through upper case, where `ß` and `SS` are equal;
 * a final sigma equals a sigma, and the Turkish `İ` and `ı` equal `i`.
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

/** Characters that look like spaces but are not: braille and Hangul blanks. */
const BLANKS = /[\s\u2800\u3164\u115f\u1160\uffa0]+/gu;

/** Letters of other scripts, and digits, each followed by the Latin letter it resembles in most fonts. */
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
 * Equal for names that look alike: Cyrillic, Greek and Armenian letters count as the Latin ones they resemble, `1` and
 * `I` as `l`, `0` as `o`; surrounding blanks are ignored. A simplified form of the skeletons of Unicode Technical
 * Standard 39.
 */
export function skeleton(text: string): string {
  const shown = withoutInvisible(text.replace(BLANKS, ' ')).normalize('NFKC').trim();
  const latin = (letter: string) => LOOK_ALIKES.get(letter) ?? letter;
  // Twice, because letters that map to `I` must map on to `l`.
  return [...shown]
    .map((letter) => latin(latin(letter)))
    .join('')
    .toLowerCase();
}
