import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { startProcess } from '../support/processes.ts';
import { KEYS, type Product, postPhoto, startProduct } from '../support/product.ts';
import { makeTempDir } from '../support/temp-dir.ts';

const README = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');
/** The lines of README.md that define how to post, wait and save. */
const HELPERS = /^post\(\)[\s\S]*?(?=\n\n# an image)/m.exec(README)?.[0] ?? '';

const { path: dir, remove } = makeTempDir();
let product: Product;
beforeAll(async () => {
  product = await startProduct({ kinds: ['images'] });
  const photo = sharp({ create: { width: 60, height: 40, channels: 3, background: '#27507c' } }).jpeg();
  writeFileSync(join(dir, 'photo.jpg'), await photo.toBuffer());
});
afterAll(async () => {
  await product.close();
  remove();
});

async function run(lines: string): Promise<{ code: unknown; output: string }> {
  const settings = `URL=${product.url}\nAUTH="Authorization: Bearer ${KEYS.kari}"\n`;
  const shell = startProcess('sh', ['-c', `${settings}${HELPERS}\n${lines}`], {}, dir);
  return { code: await shell.exited, output: shell.output() };
}

const IMAGE = 'id=$(post -F file=@photo.jpg -F width=20 -F format=webp $URL/v1/images | job)';

describe('the shell lines of README.md', () => {
  it('post, wait, save: the result', async () => {
    expect(README).toContain('ended "$id" && save "$id" photo.webp');
    expect(await run(`${IMAGE}\nended "$id" && save "$id" photo.webp`)).toEqual({ code: 0, output: '' });
    expect(readFileSync(join(dir, 'photo.webp')).toString('latin1', 0, 12)).toMatch(/^RIFF.{4}WEBP$/s);
  });

  it('a refused request: the sentence is shown, no id, no file, and the line fails', async () => {
    const refused = IMAGE.replace('width=20', 'width=-1');
    const { code, output } = await run(`${refused}\necho "<$id>"\nended "$id" && save "$id" refused.webp`);
    expect(code).not.toBe(0);
    expect(output).toContain('width must be a whole number');
    expect(output).toContain('<>');
    expect(existsSync(join(dir, 'refused.webp'))).toBe(false);
  });

  it('a result that is not there yet, and that of a job that is not there: no file, and the line fails', async () => {
    const id = await postPhoto(product, { runAt: new Date(Date.now() + 3_600_000).toISOString() });
    for (const asked of [id, `img_${'0'.repeat(26)}`]) {
      const { code } = await run(`save ${asked} early.webp`);
      expect([code, existsSync(join(dir, 'early.webp')), existsSync(join(dir, 'early.webp.part'))]).toEqual([
        1,
        false,
        false,
      ]);
    }
  });
});
