import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { ConfigError } from '../../../src/config/config-error.ts';
import type { ImagesConfig } from '../settings.ts';
import { conflictsOf, type RenditionOptions, renditionOptions } from './rendition.ts';

/** Sets of rendition options by name. */
export type Presets = Readonly<Record<string, RenditionOptions>>;

/** Returns a preset's options with others over them: what says the shape stands in the place of what said it in the preset. */
export function overPreset(preset: RenditionOptions, own: RenditionOptions): RenditionOptions {
  const both: RenditionOptions = { ...preset, ...own };
  if (own.aspectRatio !== undefined && both.width !== undefined && both.height !== undefined) {
    const side = own.height !== undefined && own.width === undefined ? 'width' : 'height';
    if (own[side] === undefined) delete both[side];
    if (own.fit === undefined && (both.fit === 'inside' || both.fit === 'outside')) delete both.fit;
  } else if (own.aspectRatio === undefined && both.width !== undefined && both.height !== undefined) {
    delete both.aspectRatio;
  }
  return both;
}

/** Beside package.json; no file there means no presets. */
const DEFAULT_FILE = join(import.meta.dirname, '../../../presets.json');
const NAME = /^[a-z0-9][a-z0-9_-]{0,63}$/;

const nameSentence = 'its name must be 1 to 64 lower-case letters, digits, hyphens or underscores';
/** A preset is a rendition without a name of its own. */
const schema = z.record(
  z.string().regex(NAME, nameSentence),
  renditionOptions.omit({ name: true }),
  'must be an object: a name and options for each preset',
);

/** Reads the operator's presets, once at start. Throws ConfigError with a line for each error: file, preset, field. */
export function loadPresets({ IMAGES_PRESETS }: Pick<ImagesConfig, 'IMAGES_PRESETS'>): Presets {
  const path = IMAGES_PRESETS ?? DEFAULT_FILE;
  if (existsSync(path)) return parsePresets(readFileSync(path, 'utf8'), path);
  if (IMAGES_PRESETS === undefined) return {};
  throw new ConfigError([`IMAGES_PRESETS: ${path}: there is no such file`]);
}

/** Parses the text of a presets file; errors name it by `path`. Throws ConfigError as `loadPresets`. */
export function parsePresets(text: string, path: string): Presets {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch (cause) {
    throw new ConfigError([`IMAGES_PRESETS: ${path}: is not JSON: ${cause instanceof Error ? cause.message : cause}`]);
  }
  const { data, error } = schema.superRefine(checkEach).safeParse(given);
  if (data) return data;
  throw new ConfigError(error.issues.map((issue) => `IMAGES_PRESETS: ${path}: ${describe(issue)}`));
}

function checkEach(presets: Presets, context: z.core.$RefinementCtx): void {
  for (const [name, options] of Object.entries(presets)) {
    for (const { path, message } of conflictsOf(options)) {
      context.addIssue({ code: 'custom', path: [name, path], message });
    }
  }
}

function describe(issue: z.core.$ZodIssue): string {
  const [preset, ...path] = issue.path.map(String);
  const where = preset === undefined ? '' : `preset "${preset}", `;
  if (issue.code === 'invalid_key') return `${where}${nameSentence}`;
  if (issue.code === 'unrecognized_keys') return `${where}${issue.keys.join(', ')}: is not a known option`;
  return `${where}${[path.join('.'), issue.message].filter(Boolean).join(': ')}`;
}
