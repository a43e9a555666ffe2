import type { Column } from '../../input/columns.ts';
import { HIGHEST_IN_CELL, sizeInBox } from '../../layout/picture-size.ts';
import type { CellPicture } from '../../layout/row.ts';
import type { Tag } from '../../pdf/tags/tag.ts';
import type { BlockSetting } from '../setting.ts';

/** The picture that a column has in the place of a text, at most `room` points wide; undefined where it has none. */
export function pictureIn(
  { pictures }: Column,
  text: string,
  room: number,
  setting: BlockSetting,
): Omit<CellPicture, 'tag'> | undefined {
  const content = pictures && Object.hasOwn(pictures, text) ? pictures[text] : undefined;
  const image = typeof content === 'string' ? setting.pictures.get(content) : undefined;
  return image && { image, ...sizeInBox(image, { width: room, height: HIGHEST_IN_CELL }) };
}

/** What a picture in a cell is read as: the text in whose place it stands; without one it is decoration. */
export const tagPicture = (alt: string, cell: Tag | undefined): Tag | undefined =>
  alt === '' ? undefined : cell && { role: 'Figure', alt, parent: cell };
