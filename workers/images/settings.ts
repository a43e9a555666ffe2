import { availableParallelism } from 'node:os';
import { isAbsolute, resolve } from 'node:path';
import { z } from 'zod';
import { readMemory } from '../../src/config/machine.ts';
import type { Config } from '../../src/config/platform.ts';
import { defineSettings, type SettingsOf, workerSettings } from '../../src/config/settings.ts';
import { wholeNumberText } from '../../src/fields/fields.ts';

/** What making one image may take; on a small machine a third of the memory, where that is less. */
const MEMORY_BYTES = 480_000_000;

/** The settings of the images kind. */
export const settings = defineSettings({
  fields: {
    ...workerSettings('IMAGES', {
      workers: String(Math.min(availableParallelism(), 8)),
      concurrency: '3',
      timeoutSeconds: '60',
      mostTimeoutSeconds: 3600,
    }),
    IMAGES_MAX_BYTES: wholeNumberText(1024, 2_000_000_000).prefault('50000000'),
    IMAGES_MAX_PIXELS: wholeNumberText(1, 1_000_000_000).prefault('64000000'),
    IMAGES_MAX_JPEG_PIXELS: wholeNumberText(1, 1_000_000_000).prefault('220000000'),
    IMAGES_MAX_FRAMES: wholeNumberText(1, 10_000).prefault('300'),
    IMAGES_MAX_METADATA_BYTES: wholeNumberText(1024, 1_000_000_000).prefault('8000000'),
    IMAGES_MEMORY_BYTES: wholeNumberText(10_000_000, 100_000_000_000).prefault(String(MEMORY_BYTES)),
    IMAGES_HEIF_CONVERTER: z
      .string()
      .refine((text) => text === 'off' || isAbsolute(text), 'must be "off" or the full path of heif-convert')
      .optional(),
    IMAGES_PRESETS: z
      .string()
      .min(1)
      .transform((path) => resolve(path))
      .optional(),
  },
  small: {
    IMAGES_WORKERS: '1',
    IMAGES_CONCURRENCY: '2',
    IMAGES_MEMORY_BYTES: String(Math.min(MEMORY_BYTES, Math.floor(readMemory() / 3))),
  },
  formerPrefixes: ['IMAGE_'],
});

/** The platform's settings and those of the images kind. */
export interface ImagesConfig extends Config, SettingsOf<typeof settings> {}
