import type { Metadata, Sharp } from 'sharp';

const GREY_NAMES = ['transparent', 'white', 'silver', 'gray', 'black'];

const isGreySpace = ({ space }: Metadata): boolean => space === 'b-w' || space === 'grey16';

/**
 * Whether the pixels of an image are of one channel. Grey ones with alpha are read as sRGB: of these sharp's raw pixels keep
 * the first channel alone.
 */
export const isGrey = (metadata: Metadata): boolean => isGreySpace(metadata) && !metadata.hasAlpha;

/** Reads grey pixels as sRGB from the beginning of a pipeline to its end. */
export const toColourChannels = (pipeline: Sharp): Sharp => pipeline.pipelineColourspace('srgb').toColourspace('srgb');

/**
 * Converts pixels to sRGB where sharp does not do so by itself: it converts by the embedded profile, but takes 16-bit
 * pixels to Display P3 and then reads them as sRGB. Grey ones have no such detour: of 16 bits it passes their profile by.
 */
export function toSrgb(pipeline: Sharp, metadata: Metadata): Sharp {
  const { space, hasProfile, hasAlpha } = metadata;
  if (isGreySpace(metadata)) {
    const told = hasProfile && space === 'grey16' ? pipeline.pipelineColourspace('b-w') : pipeline;
    if (!hasAlpha) return told;
    return hasProfile ? told.toColourspace('srgb') : toColourChannels(told);
  }
  if (space !== 'rgb16') return pipeline;
  // Those without a profile are sRGB already: nothing may convert them once more, as keeping metadata would.
  return hasProfile ? pipeline.withIccProfile('srgb', { attach: false }) : pipeline.pipelineColourspace('srgb');
}

/**
 * Converts pixels to Display P3, its profile attached. What is told by a profile goes there by 16 bits: sharp takes 8 to sRGB
 * first, which cuts off the colours beyond.
 */
export function toP3(pipeline: Sharp, metadata: Metadata): Sharp {
  const { space, hasProfile } = metadata;
  const isRgb = space === 'srgb' || space === 'rgb16';
  const picture = hasProfile && isRgb ? pipeline.pipelineColourspace('rgb16') : toSrgb(pipeline, metadata);
  return picture.withIccProfile('p3');
}

/** Whether drawing in that colour (as a rendition's `background`) leaves a grey picture grey. */
export function isGreyColour(colour: string | undefined): boolean {
  if (colour === undefined || !colour.startsWith('#')) return GREY_NAMES.includes(colour ?? 'transparent');
  const digits = colour.slice(1).toLowerCase();
  const size = digits.length > 4 ? 2 : 1;
  const [red, green, blue] = [0, 1, 2].map((index) => digits.slice(index * size, (index + 1) * size));
  return red === green && green === blue;
}

/** Whether nothing shows through that colour (as a rendition's `background`; transparent unless given). */
export function isOpaqueColour(colour = 'transparent'): boolean {
  if (!colour.startsWith('#')) return colour !== 'transparent';
  return /^#([0-9a-f]{3}|[0-9a-f]{6}|[0-9a-f]{3}f|[0-9a-f]{6}ff)$/i.test(colour);
}
