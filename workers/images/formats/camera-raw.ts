const DNG_VERSION = 50_706;
const NEW_SUBFILE_TYPE = 254;
/** Of the latter: a small copy of another picture in the file. */
const REDUCED = 1;
const ENTRY_BYTES = 12;

/**
 * Whether a TIFF is a camera's raw file (DNG, NEF, ARW, CR2): its first picture is a small preview, and what the camera saw lies
 * behind it, as no reader of TIFF draws it. False where the bytes given do not reach to its directory.
 */
export function isCameraRaw(tiff: Uint8Array): boolean {
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  const mark = tiff.length < 12 ? 0 : view.getUint32(0);
  if (mark !== 0x49492a00 && mark !== 0x4d4d002a) return false;
  const isLittle = mark === 0x49492a00;
  // `CR` and a version, as Canon writes it.
  if (isLittle && tiff[8] === 0x43 && tiff[9] === 0x52) return true;
  const directory = view.getUint32(4, isLittle);
  if (directory + 2 > tiff.length) return false;
  const count = view.getUint16(directory, isLittle);
  for (let index = 0; index < count; index += 1) {
    const entry = directory + 2 + ENTRY_BYTES * index;
    if (entry + ENTRY_BYTES > tiff.length) return false;
    const tag = view.getUint16(entry, isLittle);
    if (tag === DNG_VERSION) return true;
    if (tag === NEW_SUBFILE_TYPE && view.getUint32(entry + 8, isLittle) === REDUCED) return true;
  }
  return false;
}
