import { describe, expect, it } from '@jest/globals';
import { focalRegion, scaledSize, workingSize } from '../../../../workers/images/pipeline/geometry.ts';

const SOURCE = { width: 400, height: 300 };
const ask = (fields: object) =>
  ({ width: undefined, height: undefined, fit: 'inside', enlarge: false, rotate: 0, ...fields }) as const;

describe('sizes of renditions', () => {
  it.each([
    [{}, 400, 300],
    [{ width: 200 }, 200, 150],
    [{ height: 100 }, 133, 100],
    [{ width: 200, fit: 'fill' }, 200, 150],
    [{ width: 200, height: 200 }, 200, 150],
    [{ width: 200, height: 200, fit: 'cover' }, 267, 200],
    [{ width: 200, height: 200, fit: 'outside' }, 267, 200],
    [{ width: 200, height: 200, fit: 'fill' }, 200, 200],
    [{ width: 800 }, 400, 300],
    [{ width: 800, enlarge: true }, 800, 600],
    [{ width: 200, rotate: 90 }, 200, 267],
    [{ width: 1, height: 1, fit: 'fill' }, 1, 1],
  ])('400 x 300 asked as %j: scaled to %i x %i', (fields, width, height) => {
    expect(scaledSize(SOURCE, ask(fields))).toEqual({ width, height });
  });

  it('contain: the box counts, even where the picture in it is small', () => {
    expect(workingSize(SOURCE, ask({ width: 9000, height: 9000, fit: 'contain' }))).toEqual({
      width: 9000,
      height: 9000,
    });
  });

  it('cover of a sliver: the scaled picture counts, however small the box', () => {
    const sliver = { width: 10, height: 1000 };
    expect(workingSize(sliver, ask({ width: 1000, height: 10, fit: 'cover', enlarge: true }))).toEqual({
      width: 1000,
      height: 100_000,
    });
  });

  it.each([
    [{ x: 0.5, y: 0.5 }, 100],
    [{ x: 0, y: 0 }, 0],
    [{ x: 1, y: 0.3 }, 200],
    [{ x: 0.3, y: 0.9 }, 20],
  ])('the focal point %j: the box lies around it, inside the picture', (focus, left) => {
    const box = { width: 200, height: 200 };
    expect(focalRegion({ width: 400, height: 200 }, box, focus)).toEqual({ left, top: 0, ...box });
  });
});
