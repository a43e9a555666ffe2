import type { Column } from '../../input/columns.ts';
import type { CellPicture } from '../../layout/row.ts';
import type { Tag } from '../../pdf/tags/tag.ts';
import type { BlockSetting } from '../setting.ts';

/** Without more room a picture is printed at 96 pixels an inch, and never higher than this, in points. */
const POINTS_PER_PIXEL = 0.75;
const HIGHEST = 48;

/** The picture that a column has in the place of a text, at most `room` points wide; undefined where it has none. */
export function pictureIn(
  { pictures }: Column,
  text: string,
  room: number,
  setting: BlockSetting,
): Omit<CellPicture, 'tag'> | undefined {
  const content = pictures && Object.hasOwn(pictures, text) ? pictures[text] : undefined;
  const image = content === undefined ? undefined : setting.pictures.get(content);
  if (!image) return undefined;
  const scale = Math.min(POINTS_PER_PIXEL, room / image.width, HIGHEST / image.height);
  return { image, width: image.width * scale, height: image.height * scale };
}

/** What a picture in a cell is read as: the text in whose place it stands; without one it is decoration. */
export const tagPicture = (alt: string, cell: Tag | undefined): Tag | undefined =>
  alt === '' ? undefined : cell && { role: 'Figure', alt, parent: cell };
