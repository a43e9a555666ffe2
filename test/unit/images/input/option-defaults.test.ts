import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import { images } from '../../../../workers/images/job.ts';

type Properties = Record<string, { default?: unknown; properties?: Properties }>;

const { properties } = z.toJSONSchema(images.input, { io: 'input', unrepresentable: 'any' }) as {
  properties: Properties;
};
// These choose what is made of which image; they are no options of a rendition.
const { preset: _preset, renditions: _renditions, source: _source, ...options } = properties;
const watermark = options.watermark?.properties ?? {};

const documented = (fields: Properties) =>
  Object.fromEntries(
    Object.entries(fields).flatMap(([name, field]) => ('default' in field ? [[name, field.default]] : [])),
  );
const undocumented = (fields: Properties) =>
  Object.entries(fields).flatMap(([name, field]) => (field.default === undefined ? [name] : []));
const renditionOf = (fields: object) => images.input.parse(fields).renditions[0];

describe('the documented defaults of options', () => {
  it('are these, and no other option has one', () => {
    expect(documented(options)).toEqual({
      name: 'image',
      dpr: 1,
      fit: 'inside',
      position: 'centre',
      enlarge: false,
      lossless: false,
      progressive: false,
      animated: true,
      trim: false,
      rotate: 0,
      flip: false,
      flop: false,
      grayscale: false,
      colourSpace: 'srgb',
      gainMap: 'drop',
      metadata: 'none',
    });
    expect(documented(watermark)).toEqual({ position: 'southeast', opacity: 1, margin: 0, tile: false });
  });

  it('left out or named, any of them: the processor gets the same', () => {
    const defaults = documented(options);
    const named = fc.subarray(Object.keys(defaults)).map((names) => names.map((name) => [name, defaults[name]]));
    const others = fc.record({ width: fc.integer({ min: 1, max: 4000 }), blur: fc.constant(3) }, { requiredKeys: [] });
    fc.assert(
      fc.property(named, others, (entries, fields) => {
        expect(renditionOf({ ...fields, ...Object.fromEntries(entries) })).toEqual(renditionOf(fields));
      }),
    );
  });

  it('of a watermark, left out or named: the processor gets the same', () => {
    const defaults = documented(watermark);
    fc.assert(
      fc.property(fc.subarray(Object.keys(defaults)), (names) => {
        const named = Object.fromEntries(names.map((name) => [name, defaults[name]]));
        expect(renditionOf({ watermark: { file: 'logo', ...named } })).toEqual(
          renditionOf({ watermark: { file: 'logo' } }),
        );
      }),
    );
  });

  it('an option without one: the processor gets nothing for it', () => {
    for (const name of undocumented(options)) expect(renditionOf({})).not.toHaveProperty(name, expect.anything());
    const own = renditionOf({ watermark: { file: 'logo' } })?.watermark;
    for (const name of undocumented(watermark).filter((option) => option !== 'file')) {
      expect(own).not.toHaveProperty(name, expect.anything());
    }
  });
});
