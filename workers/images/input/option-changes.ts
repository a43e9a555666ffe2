import type { Rendition } from './rendition.ts';

/**
 * What an option changes, for the parts of the work that need to know it of all options:
 * - `region`: the part of the source that is used, counted in the source's own pixels
 * - `copy`: what the file takes over from the source's file, beside pixels
 * - `look`: what the picture shows
 * - `size`: its number of pixels; it shows the same
 * - `detail`: what is seen at full size only
 * - `search`: its encoding, which is found by trials
 * - `encoding`: its encoding
 */
type Change = 'region' | 'copy' | 'look' | 'size' | 'detail' | 'search' | 'encoding' | 'nothing';

type Option = keyof Rendition;

type Declarations = { readonly [Name in Option]: (value: Rendition[Name], rendition: Rendition) => Change };

const always = (change: Change) => () => change;
const whenSet = (change: Change) => (value: unknown) => (value === undefined || value === false ? 'nothing' : change);

/** What each option changes by its value. A new option belongs here too: without a line it does not compile. */
export const OPTION_CHANGES: Declarations = {
  name: always('nothing'),
  width: always('size'),
  height: always('size'),
  dpr: always('size'),
  enlarge: always('size'),
  // One side alone keeps the proportions, whatever the fit.
  fit: (fit, { width, height }) =>
    width === undefined || height === undefined || fit === 'inside' || fit === 'outside' ? 'size' : 'look',
  // Both count where `fit` cuts or pads, or a format has no transparency: the first says so itself, the encoder knows
  // the second.
  position: always('nothing'),
  background: always('nothing'),
  aspectRatio: whenSet('look'),
  padding: whenSet('look'),
  radius: whenSet('look'),
  // Counted in the source's pixels, and before all else.
  regions: whenSet('region'),
  crop: whenSet('region'),
  trim: whenSet('region'),
  rotate: (degrees) => (degrees === 0 ? 'nothing' : 'look'),
  flip: whenSet('look'),
  flop: whenSet('look'),
  grayscale: whenSet('look'),
  blur: whenSet('look'),
  sharpen: whenSet('detail'),
  watermark: whenSet('look'),
  text: whenSet('look'),
  format: (format) => (format === 'auto' ? 'search' : 'encoding'),
  quality: (quality) => (quality === 'auto' ? 'search' : 'encoding'),
  maxBytes: whenSet('search'),
  lossless: always('encoding'),
  progressive: always('encoding'),
  animated: always('encoding'),
  colourSpace: (space) => (space === 'p3' ? 'copy' : 'nothing'),
  gainMap: (kept) => (kept === 'keep' ? 'copy' : 'nothing'),
  // Copyright is read from the header, and written anew.
  metadata: (kept) => (kept === 'all' ? 'copy' : 'nothing'),
};

function changes(rendition: Rendition, ...wanted: Change[]): boolean {
  const changeOf = <Name extends Option>(name: Name) => OPTION_CHANGES[name](rendition[name], rendition);
  return (Object.keys(OPTION_CHANGES) as Option[]).some((name) => wanted.includes(changeOf(name)));
}

/** Whether a rendition must be made from the original: one of reduced size would not do, however small it is. */
export const needsOriginal = (rendition: Rendition): boolean => changes(rendition, 'region', 'copy');

/** Whether a rendition shows all of its source as it is, if at another size. */
export const showsSource = (rendition: Rendition): boolean => !changes(rendition, 'region', 'look');

/** Whether a rendition's file holds nothing of its source but pixels of sRGB. */
export const holdsPixelsAlone = ({ metadata, colourSpace }: Rendition): boolean =>
  metadata === 'none' && colourSpace === 'srgb';

/** Whether a rendition is encoded several times, to find the smallest or best file. */
export const isSearched = (rendition: Rendition): boolean => changes(rendition, 'search');

/** Whether a rendition shows its source's own pixels, where it has their number too. */
export const keepsPixels = (rendition: Rendition): boolean => !changes(rendition, 'region', 'look', 'detail');
