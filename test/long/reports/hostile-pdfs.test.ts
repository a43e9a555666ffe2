import { execFile } from 'node:child_process';
import { copyFileSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from '@jest/globals';
import { mergePdfs } from '../../../workers/reports/merge/merge-pdfs.ts';
import { UnusablePdf } from '../../../workers/reports/merge/unusable-pdf.ts';
import { createRandom } from '../../support/hostile/files.ts';
import { drawForeignPdf, makeTableBomb } from '../../support/pdf/foreign.ts';
import { renderTo } from '../../support/pdf/render.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

// biome-ignore lint/style/noProcessEnv: options of the run, see docs/testing.md
const { FUZZ_SEED = '1', FUZZ_COUNT = '300' } = process.env;

const run = promisify(execFile);
const dir = makeTempDir();
afterAll(() => dir.remove());

const own = `${dir.path}/own.pdf`;

/** Puts a PDF behind a report; answers what is said against it, or how many pages came. */
async function append(content: Buffer): Promise<string | number> {
  const target = `${dir.path}/report.pdf`;
  copyFileSync(own, target);
  writeFileSync(`${dir.path}/appended-0.pdf`, content);
  const around = { prepend: [], append: [{ file: 'appended-0.pdf', pointer: '/append/0' }] };
  try {
    const { behind } = await mergePdfs([target], around, { folder: dir.path, room: 1000 });
    return behind;
  } catch (error) {
    if (error instanceof UnusablePdf) return error.message;
    throw error;
  }
}

const PARTS = [
  '<<',
  '>>',
  '[',
  ']',
  '/Kids',
  '/Parent',
  '/Length 99999999',
  'endobj',
  'stream\n',
  '0 R',
  '-1',
  '(',
  '%',
  '\0',
];

describe('PDFs that others broke', () => {
  it('any number of wrong bytes: the PDF is taken or refused, and the report stays whole', async () => {
    await renderTo(own, { data: { title: 'Own', blocks: [{ type: 'toc' }, { type: 'heading', text: 'One' }] } });
    const random = createRandom(Number(FUZZ_SEED));
    const below = (limit: number) => Math.floor(random() * limit);
    const whole = await drawForeignPdf();
    let taken = 0;
    for (let count = 0; count < Number(FUZZ_COUNT); count += 1) {
      const broken = Buffer.from(whole);
      for (let change = below(6); change >= 0; change -= 1) {
        const at = below(broken.length - 20);
        const part = Buffer.from(PARTS[below(PARTS.length)] ?? '');
        if (random() < 0.6) part.copy(broken, at);
        else broken[at] = below(256);
      }
      const outcome = await append(broken);
      if (typeof outcome !== 'number') continue;
      taken += 1;
      const { stdout } = await run('qpdf', [
        '--json',
        '--warning-exit-0',
        '--json-key=pages',
        `${dir.path}/report.pdf`,
      ]);
      expect(JSON.parse(stdout).pages).toHaveLength(1 + outcome);
    }
    expect(taken).toBeGreaterThan(Number(FUZZ_COUNT) / 10);
    expect(taken).toBeLessThan(Number(FUZZ_COUNT));
  });

  it('a table of objects that unpacks to a gigabyte: is refused before it takes that', async () => {
    expect(await append(makeTableBomb())).toBe('The PDF at /append/0 needs too much memory.');
  });
});
