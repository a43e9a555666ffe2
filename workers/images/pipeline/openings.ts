import type { Rendered } from '../encode/rendered.ts';
import type { ImagesInput } from '../input/images-input.ts';
import type { Rendition } from '../input/rendition.ts';
import { freeBuffers } from '../memory.ts';
import { type DecodeOptions, type OpenPipeline, openSource, type Source } from '../picture/source.ts';
import { openOriginal } from '../reading/open-original.ts';
import { openedFor, type Upload } from '../reading/upload.ts';
import type { ImageWarning } from '../result/images-result.ts';
import { type DecodedSource, decodeOnce } from './decode-once.ts';
import { openHidden, SHOWN_SIDE } from './regions.ts';
import type { Render } from './render.ts';

/** An upload as it is opened for a group of its renditions. */
export interface Opening {
  original: Source;
  /** What is wrong with it. */
  damage: ImageWarning[];
  /** Makes a rendition of the group. */
  render: Render;
  /** Opens it for what is told of it, without what any of a job's renditions hides: at a small size then. */
  openShown: (renditions: readonly Rendition[]) => Promise<OpenPipeline>;
}

/** What opening an upload needs. */
export interface OpeningDeps {
  asked: Pick<ImagesInput, 'damaged'>;
  limits: DecodeOptions;
  /** Makes what makes these renditions of it. */
  createRender: (decoded: DecodedSource, renditions: readonly Rendition[]) => Render;
}

/** The openings of an upload, of which there is one at a time. */
export interface Openings {
  /** Returns the opening for a group; that for another group is let go. */
  openFor(group: readonly Rendition[]): Promise<Opening>;
  /** Lets go of what was opened. */
  close(): void;
}

/** Makes the openings of an upload. What has pixels of its own is read once for all of them. */
export function createOpenings(upload: Upload, { asked, limits, createRender }: OpeningDeps): Openings {
  let original: Promise<[Source, ImageWarning[]]> | undefined;
  let last: { group: readonly Rendition[]; opening: Opening; spent: (Buffer | undefined)[] } | undefined;

  async function open(group: readonly Rendition[]) {
    const { renditionOf, ...readable } = openedFor(upload, group);
    if (upload.drawFor) original = undefined;
    original ??= openOriginal(readable, asked, limits);
    const [source, damage] = await original;
    const decoded = await decodeOnce(source, group.map(renditionOf), limits);
    const fixed = (rendition: Rendition) => decoded.withFixedSize(renditionOf(rendition));
    const render = createRender(decoded, group.map(fixed));
    const opening: Opening = {
      original: source,
      damage,
      render: (rendition): Promise<Rendered> => render(fixed(rendition)),
      async openShown(renditions) {
        const isWhole = decoded.source.width === source.width && decoded.source.height === source.height;
        const openWhole = isWhole ? decoded.open : openSource(source, limits);
        const isEnough = Math.min(decoded.source.width, decoded.source.height) >= SHOWN_SIDE;
        if (renditions.every(({ regions }) => !regions)) return isEnough ? decoded.open : openWhole;
        return openHidden(openWhole, renditions.map(renditionOf), limits);
      },
    };
    return { group, opening, spent: [decoded.rawPixels, ...(upload.drawFor ? [source.content] : [])] };
  }

  return {
    async openFor(group) {
      if (last?.group === group) return last.opening;
      freeBuffers(...(last?.spent ?? []));
      last = undefined;
      last = await open(group);
      return last.opening;
    },
    close() {
      freeBuffers(...(last?.spent ?? []), last?.opening.original.content);
    },
  };
}
