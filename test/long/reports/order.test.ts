import { createHash } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { forgetFonts } from '../../../workers/reports/fonts/font-stack.ts';
import { composeReport } from '../../../workers/reports/render/compose.ts';
import { renderReport } from '../../../workers/reports/render/render.ts';
import { reportInput } from '../../../workers/reports/report-input.ts';

const reportOf = (texts: string[], rest: object = {}) => ({
  ...rest,
  data: { title: texts[0], blocks: texts.map((text) => ({ type: 'text', text })) },
});

/** Requests that ask the same fonts for different things; what one of them leaves behind shows in the others. */
const REQUESTS = {
  latin: reportOf(['A. AVATAR To Ty', 'fi ffi 1/2', '**bold A**, *italic A*']),
  'letters with accents': reportOf(['Å Ä Ö Ø', 'A O e\u0301 n\u0303', 'B\u0308 q\u0307']),
  arabic: reportOf(['السلام عليكم', 'مُحَمَّد'], { lang: 'ar' }),
  'arabic with marks that its font has no place for': reportOf(['فِيهِۖ', 'بۗ لاۚ'], { lang: 'ar' }),
  hebrew: reportOf(['שָׁלוֹם עולם', 'abc (שלום)'], { lang: 'he' }),
  'struck out': reportOf(['s̶t̶r̶u̶c̶k̶ e̵', 'a\u20e3']),
  'what no font has': reportOf(['\u{1f9ff}\ue000', 'A\ue001B', 'x\u{e0041}']),
  'several scripts': reportOf(['ภาษาไทย ฬุั', 'ລາວ ກຸ່', 'Ελλάδα ру́сский 漢字', 'नमस्ते ଓଡ଼ିଆ ଅି'], { lang: 'th' }),
};

async function draw(fields: object): Promise<string> {
  const hash = createHash('sha256');
  const report = composeReport(reportInput.parse(fields), new Date('2026-11-01T10:00:00Z'));
  const { warnings } = await renderReport(report, {
    write: (piece) => void hash.update(piece),
    maxRows: 1000,
    maxPages: 1000,
  });
  return hash.update(JSON.stringify(warnings)).digest('hex');
}

/** Draws the requests one after another in a thread that has drawn nothing yet. */
async function drawInOrder(names: string[]): Promise<Record<string, string>> {
  forgetFonts();
  const drawn: Record<string, string> = {};
  for (const name of names) drawn[name] = await draw(REQUESTS[name as keyof typeof REQUESTS]);
  return drawn;
}

it('a request: makes the same PDF, byte for byte, whatever was drawn before it', async () => {
  const names = Object.keys(REQUESTS);
  const first = await drawInOrder(names);
  const half = names.length / 2;
  for (const order of [names.toReversed(), [...names.slice(half), ...names.slice(0, half)]]) {
    expect(await drawInOrder(order)).toEqual(first);
  }
}, 60_000);
