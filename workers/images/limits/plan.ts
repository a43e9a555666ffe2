import type { Rendition } from '../input/rendition.ts';
import { chooseScale, isShrunk } from '../pipeline/decode-once.ts';
import { openedFor, type Upload } from '../reading/upload.ts';
import { nameRendition } from '../rendition-error.ts';
import type { ImagesConfig } from '../settings.ts';
import { estimateMs } from './cost.ts';
import { assertDecoded } from './decode-limits.ts';
import { assertMemory, estimateBytes } from './memory.ts';

/** Which renditions of an upload are made, out of what, and what that takes. */
export interface Plan {
  /** Those that fit into the limits. */
  fitting: Rendition[];
  /** Each list is made out of one opening of the upload: all of them, or one by one where together they take too much, or need it at other sizes. */
  groups: Rendition[][];
  bytes: number;
  ms: number;
  /** Throws payload_too_large where a rendition takes more memory than there is, or more of the source than is decoded. */
  assertFits(rendition: Rendition): void;
}

/** Plans how an upload's renditions are made. Throws the first one's error where none of them fits into the limits. */
export function planRenditions(upload: Upload, renditions: readonly Rendition[], config: ImagesConfig): Plan {
  const bytesOf = (group: readonly Rendition[]) => {
    const { facts, renditionOf } = openedFor(upload, group);
    return estimateBytes(facts, group.map(renditionOf));
  };
  const msOf = (group: readonly Rendition[]) => {
    const { facts, renditionOf } = openedFor(upload, group);
    return estimateMs(facts, group.map(renditionOf));
  };
  const assertFits = (rendition: Rendition) => {
    const { facts, renditionOf } = openedFor(upload, [rendition]);
    assertDecoded(facts, renditionOf(rendition), config);
    assertMemory(bytesOf([rendition]), config.IMAGES_MEMORY_BYTES);
  };
  const errors: unknown[] = [];
  const fitting = renditions.filter((rendition) => {
    try {
      assertFits(rendition);
      return true;
    } catch (error) {
      errors.push(nameRendition(error, rendition, renditions.length));
      return false;
    }
  });
  if (fitting.length === 0) throw errors[0];
  const isReduced = fitting.some((rendition) => isReducedFor(upload, rendition, config));
  const isTogether = !isReduced && bytesOf(fitting) <= config.IMAGES_MEMORY_BYTES;
  const groups = isTogether ? [fitting] : fitting.map((rendition) => [rendition]);
  const ms = groups.reduce((sum, group) => sum + msOf(group), 0);
  return { fitting, groups, bytes: Math.max(...groups.map(bytesOf)), ms, assertFits };
}

/** Whether an upload is opened at a reduced size for a rendition: another needs another size. */
const isReducedFor = ({ facts }: Upload, rendition: Rendition, { IMAGES_MAX_PIXELS }: ImagesConfig): boolean =>
  isShrunk(facts, chooseScale(facts, [rendition]), IMAGES_MAX_PIXELS);
