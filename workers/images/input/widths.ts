import { z } from 'zod';
import { listField } from '../../../src/fields/fields.ts';
import { conflictsOf, formatField, MOST_NAME_CHARACTERS, type RenditionOptions, widthField } from './rendition.ts';

/** A set of pictures in one word: each width in each format, all else the same. */
export interface WidthsAndFormats {
  widths?: number[] | undefined;
  formats?: NonNullable<RenditionOptions['format']>[] | undefined;
}

/** A list that a form or an address writes as one text, "400, 800", or as several; numbers come as texts there. */
const textList = <List extends z.ZodType>(list: List) =>
  z.preprocess((given) => {
    if (!Array.isArray(given) || !given.every((one) => typeof one === 'string')) return given;
    const words = given.flatMap((text) => text.split(',')).map((word) => word.trim());
    return words.map((word) => (/^\d{1,6}$/.test(word) ? Number(word) : word));
  }, list);

/** The fields that ask for a set, of at most so many renditions. */
export const setFields = (max: number) => ({
  widths: textList(listField(widthField, 1, max, `must be a list of 1 to ${max} widths in pixels`))
    .meta({
      description:
        'Several pictures that differ in width alone, as `srcset` wants them; with `formats`, each width in each format. ' +
        'They are called `w400-avif`. What is wider than the image is made once, at its own width.',
    })
    .optional(),
  formats: textList(listField(formatField, 1, max, `must be a list of 1 to ${max} formats`))
    .meta({ description: 'Each picture in several formats: with `widths`, or in the place of `format`.' })
    .optional(),
});

/** What can't be asked beside a set, and why. */
const TAKEN: readonly { field: 'width' | 'height' | 'format'; by: keyof WidthsAndFormats; message: string }[] = [
  { field: 'width', by: 'widths', message: "can't stand beside widths: put it into that list" },
  { field: 'height', by: 'widths', message: "can't stand beside widths: each picture's height follows from its width" },
  { field: 'format', by: 'formats', message: "can't stand beside formats: put it into that list" },
];

/** Adds what is wrong with a set beside the options that all of its pictures share. */
export function addSetFaults(
  set: WidthsAndFormats,
  own: RenditionOptions,
  { max, resolved, context }: { max: number; resolved: RenditionOptions; context: z.core.$RefinementCtx },
): void {
  const add = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
  for (const { field, by, message } of TAKEN) if (set[by] && own[field] !== undefined) add(field, message);
  for (const name of ['widths', 'formats'] as const) {
    const list: unknown[] = set[name] ?? [];
    const repeated = list.find((one, index) => list.indexOf(one) < index);
    if (repeated !== undefined) add(name, `must not have ${repeated} twice`);
  }
  const [widths, formats] = [set.widths?.length ?? 1, set.formats?.length ?? 1];
  if (widths * formats > max) {
    const product = `${widths} widths in ${formats} formats are ${widths * formats} renditions`;
    add(set.widths ? 'widths' : 'formats', `must make at most ${max} renditions: ${product}`);
    return;
  }
  if (resolved.name !== undefined) {
    const longest = Math.max(...expandSet(set, resolved).map(({ name = '' }) => name.length));
    const most = MOST_NAME_CHARACTERS - (longest - resolved.name.length);
    if (longest > MOST_NAME_CHARACTERS)
      add('name', `must be at most ${most} characters, as its width or format is added`);
  }
  const told = new Set<string>();
  for (const { path, message } of expandSet(set, resolved).flatMap(conflictsOf)) {
    if (told.has(path)) continue;
    told.add(path);
    add(path === 'width' && set.widths ? 'widths' : path, message);
  }
}

/**
 * Lists the renditions of a set, each with its name (`w400-avif`; `hero-w400-avif` where the set has one): format by format,
 * in the order given. The height of a preset stands for its proportions.
 */
export function expandSet(set: WidthsAndFormats, shared: RenditionOptions): RenditionOptions[] {
  const { name, format: ownFormat } = shared;
  const { width: ownWidth, height: ownHeight } = shared;
  // By cutting or padding, what is smaller than the image keeps its proportions; a picture that lies inside has its own.
  const isCut = shared.fit !== undefined && shared.fit !== 'inside' && shared.fit !== 'outside';
  const ratio = set.widths && isCut && ownWidth && ownHeight ? { aspectRatio: `${ownWidth}:${ownHeight}` } : {};
  return (set.formats ?? [ownFormat]).flatMap((format) =>
    (set.widths ?? [ownWidth]).map((width) => {
      const parts = [name, set.widths ? `w${width}` : undefined, set.formats ? format : undefined];
      const height = !set.widths ? ownHeight : isCut ? undefined : heightAt(width, ownWidth, ownHeight);
      return { ...shared, ...ratio, name: parts.filter(Boolean).join('-'), width, height, format };
    }),
  );
}

function heightAt(width?: number, ownWidth?: number, ownHeight?: number): number | undefined {
  if (!width || !ownWidth || !ownHeight) return undefined;
  return Math.max(1, Math.round((width * ownHeight) / ownWidth));
}
