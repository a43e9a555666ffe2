import { latin1 } from './blocks.ts';
import type { Hostile } from './png-jpeg-webp.ts';

/** XMP packets that take time or room. */
export const HOSTILE_XMP: Hostile = [
  ['150,000 rights begun', () => latin1(`<a>${'<dc:rights>'.repeat(150_000)}`)],
  ['a million elements', () => latin1(`<a>${'<b/>'.repeat(1_000_000)}</a>`)],
  [
    'half a million attributes',
    () => latin1(`<a ${Array.from({ length: 500_000 }, (_, index) => `a${index}=""`).join(' ')}/>`),
  ],
  ['2 million creators', () => latin1(`<a><dc:creator>${'<rdf:li>a</rdf:li>'.repeat(400_000)}</dc:creator></a>`)],
  ['elements in each other', () => latin1('<a>'.repeat(2_000_000))],
  ['entities', () => latin1(`<a><dc:rights>${'&amp;'.repeat(1_500_000)}`)],
  ['an entity without end', () => latin1(`<a>&${'a'.repeat(7_000_000)}`)],
  ['orientations', () => latin1(`<a>${'<b tiff:Orientation="6"/>'.repeat(300_000)}</a>`)],
  ['a declaration', () => latin1(`<!DOCTYPE a [${'<!ENTITY a "&a;">'.repeat(400_000)}`)],
  ['a comment', () => latin1(`<a><!--${'- '.repeat(3_500_000)}`)],
  ['instructions', () => latin1(`<a>${'<?a?>'.repeat(1_400_000)}`)],
];
