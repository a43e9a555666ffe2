import type { Metadata, Sharp } from 'sharp';

const GREY_NAMES = ['transparent', 'white', 'silver', 'gray', 'black'];

/** Whether an image has no colours by its very layout: one channel, or one and alpha. */
export const isGrey = ({ space }: Metadata): boolean => space === 'b-w' || space === 'grey16';

/**
 * Converts pixels to sRGB where sharp does not do so by itself: it converts by the embedded profile, but takes 16-bit
 * pixels to Display P3 and then reads them as sRGB. Grey ones have no such detour.
 */
export function toSrgb(pipeline: Sharp, { space, hasProfile }: Metadata): Sharp {
  return space === 'rgb16' && hasProfile ? pipeline.withIccProfile('srgb', { attach: false }) : pipeline;
}

/** Whether drawing in that colour (as a rendition's `background`) leaves a grey picture grey. */
export function isGreyColour(colour: string | undefined): boolean {
  if (colour === undefined || !colour.startsWith('#')) return GREY_NAMES.includes(colour ?? 'transparent');
  const digits = colour.slice(1).toLowerCase();
  const size = digits.length > 4 ? 2 : 1;
  const [red, green, blue] = [0, 1, 2].map((index) => digits.slice(index * size, (index + 1) * size));
  return red === green && green === blue;
}
