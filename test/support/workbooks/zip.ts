import { buffer } from 'node:stream/consumers';
import { ZipFile } from 'yazl';

/** Makes a ZIP of texts, by their names. */
export async function zipTexts(parts: Record<string, string | Buffer>): Promise<Buffer> {
  const zip = new ZipFile();
  for (const [name, text] of Object.entries(parts)) {
    // The type of an ODS stands at its beginning as it is.
    zip.addBuffer(Buffer.from(text), name, { mtime: new Date(2026, 0), compress: name !== 'mimetype' });
  }
  zip.end();
  return buffer(zip.outputStream);
}
