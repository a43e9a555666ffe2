/** The formats that are read and written. */
export const IMAGE_FORMATS = ['jpeg', 'png', 'webp', 'avif', 'gif', 'tiff'] as const;
export type ImageFormat = (typeof IMAGE_FORMATS)[number];
/** The formats that are read. */
export const SOURCE_FORMATS = [...IMAGE_FORMATS, 'heic', 'bmp', 'ico', 'svg', 'pdf'] as const;
export type SourceFormat = (typeof SOURCE_FORMATS)[number];
