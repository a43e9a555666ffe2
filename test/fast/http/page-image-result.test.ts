import { describe, expect, it } from '@jest/globals';
import { describeJob } from '../../../src/http/pages/job-card.ts';
import type { JobContract } from '../../../src/jobs/contract.ts';
import { viewJob } from '../../../src/jobs/job-view.ts';
import { newStoredJob, type StoredJob } from '../../../src/jobs/stored-job.ts';
import { describeChange, describeImages } from '../../../workers/images/card.ts';
import { images } from '../../../workers/images/job.ts';
import { page } from '../../../workers/images/page.ts';

const ID = 'img_00000000000000000000000000';
const stored = (name: string, type: string, bytes: number) => ({ key: `k/${name}`, name, type, bytes, sha256: 'ab' });
const rendition = (name: string, format: string, width: number, height: number, bytes: number) => ({
  ...{ name, format, width, height, bytes, quality: 80 },
  file: `${name}.${format}`,
});

/** A completed job over an upload of 2000 x 1000 pixels and 100 kB. */
function finish(renditions: ReturnType<typeof rendition>[], uploadType = 'image/jpeg'): StoredJob {
  const files = renditions.map(({ file, format, bytes }) => stored(file, `image/${format}`, bytes));
  const source = {
    width: 2000,
    height: 1000,
    format: 'jpeg',
    bytes: 100_000,
    orientation: 1,
    animated: false,
    pages: 1,
  };
  const hashes = { blurHash: 'LZJYhFWXs9$j}?Ip9vNGg3R,S2S2', perceptualHash: '07406f991f6c6f61' };
  const colours = { dominant: '#9ab6d8', palette: ['#9ab6d8', '#3d4a2f'] };
  const result = { source, placeholder: 'IQkKbIxZd3h/eHd6h4Z3cIgHpw==', ...colours, ...hashes, renditions };
  const uploads = { file: stored('photo.jpg', uploadType, 100_000) };
  const envelope = { v: 1 as const, caller: 'kari', input: {}, uploads, options: {} };
  const times = { createdAt: 1, startedAt: 2, finishedAt: 3 };
  const end = { state: 'completed', attemptsMade: 1, outcome: { result, files } } as const;
  return newStoredJob({ id: ID, kind: 'images', envelope, ...times, ...end });
}
const viewOf = (job: StoredJob, publicUrl?: string) =>
  viewJob(job, images as unknown as JobContract, { resultTtlMs: 86_400_000, publicUrl });
const describeOf = (job: StoredJob) => describeImages(job, viewOf(job));

describe('what an image job made of its source', () => {
  it('one rendition: bytes in, bytes out, and the difference in words', () => {
    const job = finish([rendition('image', 'webp', 800, 400, 5000)]);
    expect(describeOf(job)?.saved).toBe('100 kB came in, 5 kB came out: 95 % smaller.');
    expect(describeJob(job, viewOf(job), page).files[0]?.summary).toBe(
      'WEBP · 800 × 400 · 5 kB · quality 80 · 95 % smaller',
    );
  });

  it('a name of its own: the card and its markup have what is saved; smaller than asked for: said so', () => {
    const small = rendition('image', 'webp', 2000, 1000, 10);
    const told = (asked: object, made = small) => {
      const job = finish([made]);
      const input = { renditions: [{ name: 'image', enlarge: false, ...asked }] };
      const named = { ...job, envelope: { ...job.envelope, title: 'IMG 1.jpg', input } };
      const [file] = describeJob(named, viewOf(named), page).files;
      expect([file?.name, describeOf(named)?.compared?.name]).toEqual(['IMG 1.webp', 'IMG 1.webp']);
      expect(describeOf(named)?.savedAs).toEqual({ 'image.webp': 'IMG 1.webp' });
      return file?.summary.includes('2,000 × 1,000, not enlarged');
    };
    expect([{ width: 5000 }, { width: 5000, height: 5000 }, { height: 1001 }].map((asked) => told(asked))).toEqual([
      true,
      true,
      true,
    ]);
    const others = [{ width: 2000, height: 5000 }, { width: 5000, enlarge: true }, { width: 800 }, {}];
    expect(others.map((asked) => told(asked))).toEqual([false, false, false, false]);
  });

  it('several: their sum, and the smallest', () => {
    const job = finish([rendition('a', 'webp', 800, 400, 20_000), rendition('b', 'avif', 800, 400, 10_000)]);
    expect(describeOf(job)?.saved).toBe(
      '100 kB came in. The 2 renditions have 30 kB together; the smallest is 90 % smaller.',
    );
  });

  it.each([
    [100, 100, 'about the same size'],
    [1000, 1001, 'about the same size'],
    [100, 250, '150 % larger'],
    [100, 1, '99 % smaller'],
    [1_000_000, 900, 'more than 99 % smaller'],
    [100, 200, '100 % larger'],
  ])('%i bytes in, %i out: %s', (before, after, words) => expect(describeChange(before, after)).toBe(words));

  it('compared is the widest rendition that shows the same; of two the smaller file', () => {
    const renditions = [
      rendition('thumb', 'webp', 900, 900, 10),
      rendition('large', 'webp', 800, 400, 900),
      rendition('best', 'avif', 800, 400, 300),
      rendition('small', 'webp', 100, 50, 10),
    ];
    expect(describeOf(finish(renditions))?.compared).toEqual({
      before: `/jobs/${ID}/source`,
      size: '100 kB',
      after: `/v1/jobs/${ID}/files/best.avif`,
      name: 'best.avif',
      width: 800,
      height: 400,
    });
  });

  it('an upload that browsers do not show, another cut, a TIFF: nothing to compare', () => {
    const same = rendition('image', 'webp', 800, 400, 10);
    expect(describeOf(finish([same], 'image/heic'))?.compared).toBeNull();
    expect(describeOf(finish([rendition('image', 'webp', 400, 400, 10)]))?.compared).toBeNull();
    expect(describeOf(finish([rendition('image', 'tiff', 800, 400, 10)]))?.compared).toBeNull();
  });

  it('the placeholder as a picture, the colours, and none of them as a line of text', () => {
    const job = finish([rendition('image', 'webp', 800, 400, 10)]);
    expect(describeOf(job)?.preview).toEqual({
      src: expect.stringMatching(/^data:image\/png;base64,/),
      dominant: '#9ab6d8',
    });
    expect(describeOf(job)?.palette).toEqual(['#9ab6d8', '#3d4a2f']);
    const labels = describeJob(job, viewOf(job), page).facts.map(({ label }) => label);
    expect(labels).not.toEqual(expect.arrayContaining(['Placeholder']));
    expect(labels.filter((label) => /picture|palette|hash/i.test(label))).toEqual([]);
  });

  it('markup: addresses of the result files, absolute where the product knows its own address', () => {
    const job = finish([rendition('image', 'webp', 800, 400, 10)]);
    expect(viewOf(job).result?.['picture']).toContain(`src="/v1/jobs/${ID}/files/image.webp"`);
    const picture = viewOf(job, 'https://img.example.com').result?.['picture'];
    expect(picture).toContain(`src="https://img.example.com/v1/jobs/${ID}/files/image.webp"`);
    expect(describeOf(job)?.markup).toBe(viewOf(job).result?.['picture']);
  });

  it('before its end there is nothing to describe', () =>
    expect(describeOf({ ...finish([]), state: 'active', outcome: null })).toBeNull());
});
