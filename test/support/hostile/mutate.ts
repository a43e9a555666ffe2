import { exifOf, latin1, segment, signed, tiffWith } from './blocks.ts';

/** Numbers that sizes and counts are set to. */
const EXTREMES = [0, 1, 0x7f, 0xff, 0x7fff, 0xffff, 0x7fff_ffff, 0xffff_ffff];

/** Draws one of them. */
export type Draw = <Item>(list: readonly Item[]) => Item;

/** Makes a file of samples: bytes overwritten, numbers set to extremes, parts repeated, cut out, or put in from others. */
export function mutate(samples: readonly Buffer[], random: () => number): Buffer {
  const pick: Draw = (list) => list[Math.floor(random() * list.length)] as never;
  let file = Buffer.from(pick(samples));
  const place = (reach = file.length) => Math.floor(random() * Math.max(1, reach));
  const changes: readonly (() => void)[] = [
    () => file.set([Math.floor(random() * 256)], place(file.length)),
    () => {
      if (file.length >= 4) file.writeUInt32BE(pick(EXTREMES), place(file.length - 3));
    },
    () => {
      if (file.length >= 4) file.writeUInt32LE(pick(EXTREMES), place(file.length - 3));
    },
    () => {
      const [from, to] = [place(), place()].sort((one, other) => one - other) as [number, number];
      const times = 1 + place(20);
      const part = file.subarray(from, Math.min(to, from + 5000));
      file = Buffer.concat([file.subarray(0, to), ...Array(times).fill(part), file.subarray(to)]);
    },
    () => {
      const at = place();
      file = Buffer.concat([file.subarray(0, at), file.subarray(at + place(64))]);
    },
    () => {
      const other = pick(samples);
      const [at, from] = [place(), place(other.length)];
      file = Buffer.concat([file.subarray(0, at), other.subarray(from, from + place(2000)), file.subarray(at)]);
    },
    () => {
      file = file.subarray(0, place());
    },
  ];
  for (let left = 1 + Math.floor(random() * 8); left > 0 && file.length > 0; left -= 1) pick(changes)();
  return file;
}

/** Blocks of metadata that the mutations begin with. */
export const METADATA: readonly Buffer[] = [
  exifOf(40, (index) => (index % 2 ? 315 : 33_432)),
  tiffWith([[315, 2, 4, 0x61626364]]),
  latin1('\x1c\x02\x50\0\x04Kari\x1c\x02\x74\0\x04Acme\x1c\x02\x6e\0\x03NTB'),
  latin1('<x:xmpmeta><rdf:RDF><rdf:Description tiff:Orientation="6" photoshop:Credit="NTB">'),
  latin1(
    '<r><dc:creator><rdf:Seq><rdf:li>Kari</rdf:li></rdf:Seq></dc:creator><dc:rights>&amp;<![CDATA[x]]></dc:rights></r>',
  ),
  latin1('<!DOCTYPE r [<!ENTITY a "b">]><r><!-- --><?p?><tiff:Orientation>6</tiff:Orientation></r>'),
  segment(0xed, signed('Photoshop 3.0\0', latin1('8BIM\x04\x04\0\0\0\0\0\x09\x1c\x02\x50\0\x04Kari'))),
];
