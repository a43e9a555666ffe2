import type { Metadata, Sharp } from 'sharp';

/** Whether an image has no colours by its very layout: one channel, or one and alpha. */
export const isGrey = ({ space }: Metadata): boolean => space === 'b-w' || space === 'grey16';

/**
 * Sees to it that pixels become sRGB. sharp converts by the embedded profile itself, but takes 16-bit pixels to
 * Display P3 and then reads them as sRGB: they are converted once more here. Grey ones have no such detour.
 */
export function toSrgb(pipeline: Sharp, { space, hasProfile }: Metadata): Sharp {
  return space === 'rgb16' && hasProfile ? pipeline.withIccProfile('srgb', { attach: false }) : pipeline;
}
