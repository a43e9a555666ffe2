import { z } from 'zod';
import { choiceField, flagField, lineField, listField, wholeNumberField } from '../../../src/fields/fields.ts';
import { type ImageSource, imageSource } from './image-source.ts';
import { overPreset, type Presets } from './presets.ts';
import {
  conflictsOf,
  RENDITION_DEFAULTS,
  type Rendition,
  type RenditionOptions,
  renditionFields,
  withDefaults,
} from './rendition.ts';
import { addSetFaults, expandSet, setFields, type WidthsAndFormats } from './widths.ts';

const MAX_RENDITIONS = 20;
/** More pages or frames than this no file has that is taken. */
const MOST_PAGES = 10_000;

/** What the processor gets: flat fields have become the one rendition, presets the options they stand for. */
export interface ImagesInput {
  renditions: Rendition[];
  /** Whether they are one picture in several widths: those that the source is too small for are left out. */
  isSet?: true | undefined;
  /** What the picture shows, for `picture`. */
  alt?: string | undefined;
  /** Whether the job fails when one of its renditions can't be made. */
  strict: boolean;
  /** Whether a damaged image fails the job, or what can be read of it is shown. */
  damaged: 'refuse' | 'accept';
  /** Which page or frame is shown, from 1 on; absent: the first, and all frames of an animation. */
  page?: number | undefined;
  /** How many frames of an animation are kept at most. */
  maxFrames?: number | undefined;
  /** Absent when the image was uploaded. */
  source?: ImageSource | undefined;
}

const strict = flagField.meta({
  description:
    'Whether the job fails when one of its renditions can not be made. Else it completes, and says so of that one.',
});

const damaged = choiceField('refuse', 'accept').meta({
  description: 'What is done with an image whose pixels are not all there: the job fails, or shows what there is.',
});

const page = wholeNumberField(1, MOST_PAGES).meta({
  description: 'Which page of a TIFF, or frame of an animation, is shown, from 1 on: a picture that stands still.',
});

const maxFrames = wholeNumberField(1, MOST_PAGES).meta({
  description: 'How many frames of an animation are kept: the first ones. What is left out counts for no limit.',
});

const alt = lineField(1000, 0).meta({
  description: 'What the picture shows, for the `alt` of `picture`; "" says that it only decorates.',
});

type Given = RenditionOptions & { preset?: string | undefined };

/** What is asked of a job beside its renditions. */
interface OfJob {
  source?: ImageSource | undefined;
  strict?: boolean | undefined;
  damaged?: ImagesInput['damaged'] | undefined;
  alt?: string | undefined;
  page?: number | undefined;
  maxFrames?: number | undefined;
}

/** Makes the schema of an image job's fields, for an operator's presets. */
export function createInput(presets: Presets): z.ZodType<ImagesInput> {
  const fields = { ...renditionFields, preset: presetField(Object.keys(presets)).optional() };
  /** Returns the options in force: the preset's, then the rendition's own over them. */
  const resolve = ({ preset, ...own }: Given): RenditionOptions => overPreset((preset && presets[preset]) || {}, own);
  const addConflicts = (given: Given, context: z.core.$RefinementCtx, before: PropertyKey[] = []) => {
    for (const { path, message } of conflictsOf(resolve(given))) {
      context.addIssue({ code: 'custom', path: [...before, path], message });
    }
  };

  const sentence = `must be a list of 1 to ${MAX_RENDITIONS} objects`;
  const rendition = z
    .strictObject(fields, 'must be an object')
    .superRefine((given, context) => addConflicts(given, context));
  const renditions = listField(rendition, 1, MAX_RENDITIONS, sentence)
    .superRefine(addRepeatedNames)
    .meta({ description: 'Several pictures of one file; in the place of all these fields.' });

  return z
    .strictObject({
      ...fields,
      renditions: renditions.optional(),
      ...setFields(MAX_RENDITIONS),
      alt: alt.optional(),
      source: imageSource.optional(),
      strict: strict.optional(),
      damaged: damaged.optional(),
      page: page.optional(),
      maxFrames: maxFrames.optional(),
    })
    .superRefine(({ renditions: list, ...others }, context) => {
      const { widths, formats, flat, ofJob } = partOptions(others);
      if (ofJob.page !== undefined && ofJob.maxFrames !== undefined) {
        const message = "can't stand beside page, which shows one frame";
        context.addIssue({ code: 'custom', path: ['maxFrames'], message });
      }
      const set = { widths, formats };
      if (list && (widths || formats)) {
        const message = `can't stand beside ${widths ? 'widths' : 'formats'}: ask for one or the other`;
        context.addIssue({ code: 'custom', path: ['renditions'], message });
      } else if (list && Object.keys(flat).length > 0) {
        const message = `can't stand beside ${Object.keys(flat).join(', ')}: put them into each rendition`;
        context.addIssue({ code: 'custom', path: ['renditions'], message });
      }
      if (widths || formats) addSetFaults(set, flat, { max: MAX_RENDITIONS, resolved: resolve(flat), context });
      else addConflicts(flat, context);
    })
    .transform(({ renditions: list, ...others }): ImagesInput => {
      const { widths, formats, flat, ofJob } = partOptions(others);
      const isSet = widths !== undefined || formats !== undefined;
      const options = isSet ? expandSet({ widths, formats }, resolve(flat)) : (list ?? [flat]).map(resolve);
      return { renditions: options.map(withDefaults), ...ofJob, ...(isSet ? { isSet } : {}) };
    });
}

/** Parts the options of the one rendition from those of the job, whose defaults are filled in. */
function partOptions<Fields extends OfJob & WidthsAndFormats>(fields: Fields) {
  const { source, strict = false, damaged = 'refuse', alt, page, maxFrames, widths, formats, ...flat } = fields;
  const ofJob = {
    strict,
    damaged,
    ...(source ? { source } : {}),
    ...(alt === undefined ? {} : { alt }),
    ...(page === undefined ? {} : { page }),
    ...(maxFrames === undefined ? {} : { maxFrames }),
  };
  return { ofJob, widths, formats, flat };
}

function presetField(names: string[]) {
  const meta = { description: 'A named set of options; the ones given beside it stand above its own.' };
  const [first, ...others] = names;
  if (first === undefined)
    return z
      .string()
      .refine(() => false, 'must be left out: there are no presets here')
      .meta(meta);
  return choiceField(first, ...others).meta(meta);
}

function addRepeatedNames(list: Given[], context: z.core.$RefinementCtx): void {
  const seen = new Set<string>();
  for (const [index, { name = RENDITION_DEFAULTS.name }] of list.entries()) {
    const message = `must differ from the other renditions' names; "${name}" is used twice`;
    if (seen.has(name)) context.addIssue({ code: 'custom', path: [index, 'name'], message });
    seen.add(name);
  }
}
