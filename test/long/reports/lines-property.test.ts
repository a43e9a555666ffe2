import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { orderVisually } from '../../../workers/reports/text/bidi.ts';
import { splitUnspaced } from '../../../workers/reports/text/break-points.ts';
import type { Run } from '../../../workers/reports/text/inline.ts';
import { breakLines, type Line } from '../../../workers/reports/text/lines.ts';
import type { Measure } from '../../../workers/reports/text/measure.ts';

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
const countGraphemes = (text: string): number => [...graphemes.segment(text)].length;
/** A typewriter: each character that is seen is one point wide, bold ones two. */
const measure: Measure = (text, run) => countGraphemes(text) * (run.bold ? 2 : 1);

const alphabets = {
  latin: 'abcdefgh',
  spaces: '   \u2003\u3000\n',
  signs: '-/–—.,:;()[]"“”‘’%$€1234567890\u00a0',
  japanese: '天地玄黄これはカタカナー、。「」（）々',
  thai: 'ภาษาไทยง่าย',
  hebrew: 'שלוםעולם',
  joined: 'e\u0301👩‍👧',
};
const characters = Object.values(alphabets).flatMap((alphabet) => [...graphemes.segment(alphabet)]);
const text = fc
  .array(fc.constantFrom(...characters.map(({ segment }) => segment)), { maxLength: 80 })
  .map((parts) => parts.join(''));
const runs: fc.Arbitrary<Run[]> = fc.array(
  fc.record({ text, bold: fc.boolean() }).map(({ bold, ...run }) => (bold ? { ...run, bold } : run)),
  { minLength: 1, maxLength: 4 },
);
const width = fc.integer({ min: 1, max: 40 });

const textOf = ({ pieces }: Line): string => pieces.map((piece) => piece.text).join('');
const withoutSpaces = (of: string): string => of.replace(/[ \t\n\u2000-\u2006\u2008-\u200a\u3000]/g, '');

describe('line breaking, for any text', () => {
  it('a line: is no wider than its paragraph, unless it is a single character', () => {
    const isWithin = (line: Line, limit: number) =>
      line.width <= limit + 0.001 || countGraphemes(withoutSpaces(textOf(line))) === 1;
    fc.assert(
      fc.property(runs, width, (paragraph, limit) => {
        for (const line of breakLines(paragraph, limit, measure)) expect(isWithin(line, limit)).toBe(true);
      }),
    );
  });

  it('the lines together: have every character of the text but spaces, in its order', () => {
    fc.assert(
      fc.property(runs, width, (paragraph, limit) => {
        const lines = breakLines(paragraph, limit, measure);
        expect(withoutSpaces(lines.map(textOf).join(''))).toBe(
          withoutSpaces(paragraph.map((run) => run.text).join('')),
        );
      }),
    );
  });

  it('the pieces of a line: stand side by side, each in its own place, and fill its width', () => {
    fc.assert(
      fc.property(runs, width, (paragraph, limit) => {
        for (const line of breakLines(paragraph, limit, measure)) {
          let end = 0;
          for (const piece of line.pieces.toSorted((a, b) => a.x - b.x)) {
            expect(piece.x).toBeCloseTo(end, 6);
            end += measure(piece.text, piece);
          }
          expect(line.width).toBeCloseTo(end, 6);
        }
      }),
    );
  });

  it('the places where a text without spaces may break: part it, and lose nothing', () => {
    fc.assert(
      fc.property(text, (unspaced) => {
        const parts = splitUnspaced(unspaced);
        expect(parts.join('')).toBe(unspaced);
        expect(parts).not.toContain('');
      }),
    );
  });

  it('a break between the characters of one that is seen as one: does not happen', () => {
    fc.assert(
      fc.property(text, (unspaced) => {
        const ends = new Set([...graphemes.segment(unspaced)].map(({ index, segment }) => index + segment.length));
        let end = 0;
        for (const part of splitUnspaced(unspaced)) {
          end += part.length;
          expect(ends.has(end)).toBe(true);
        }
      }),
    );
  });
});

/** Rule L2 of UAX 9, word for word: from the highest level down to 1, all that is at it or higher is turned round. */
function orderByRule<Piece extends { level: number }>(pieces: Piece[]): Piece[] {
  let ordered = pieces;
  for (let level = Math.max(0, ...pieces.map((piece) => piece.level)); level > 0; level -= 1) {
    const turned: Piece[] = [];
    let group: Piece[] = [];
    for (const piece of ordered) {
      if (piece.level >= level) group.unshift(piece);
      else {
        turned.push(...group, piece);
        group = [];
      }
    }
    ordered = [...turned, ...group];
  }
  return ordered;
}

describe('the order of pieces on a line, for any levels', () => {
  it('is that of rule L2', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 20 }), (levels) => {
        const pieces = levels.map((level, index) => ({ level, index }));
        expect(orderVisually(pieces)).toEqual(orderByRule(pieces));
      }),
    );
  });
});
