import { expect, it } from '@jest/globals';
import sharp from 'sharp';
import { freeBuffers } from '../../../workers/images/memory.ts';

it('a buffer with memory of its own: it is empty then, however often it is given', () => {
  const own = Buffer.allocUnsafeSlow(100_000);
  freeBuffers(own, undefined, own);
  freeBuffers(own);
  expect(own).toHaveLength(0);
});

it('what sharp made: its memory is given back too', async () => {
  const pixels = await sharp({ create: { width: 400, height: 300, channels: 3, background: '#336699' } })
    .raw()
    .toBuffer();
  freeBuffers(pixels);
  expect(pixels).toHaveLength(0);
});

it('a part of memory that others use: left as it is', () => {
  const pooled = Buffer.from('shared with others');
  const part = Buffer.alloc(1000, 7).subarray(10, 20);
  freeBuffers(pooled, part);
  expect(pooled.toString()).toBe('shared with others');
  expect([...part]).toEqual(Array(10).fill(7));
});
