import { fromBuffer } from 'yauzl';

/** Reads an archive: its files, by name. */
export function readZip(bytes: Buffer): Promise<Map<string, Buffer>> {
  return new Promise((resolve, reject) => {
    fromBuffer(bytes, { lazyEntries: true }, (fault, zip) => {
      if (fault || !zip) return reject(fault);
      const files = new Map<string, Buffer>();
      zip.on('entry', (entry: { fileName: string }) => {
        zip.openReadStream(entry as never, async (_error, content) => {
          files.set(entry.fileName, Buffer.concat(await content.toArray()));
          zip.readEntry();
        });
      });
      zip.on('end', () => resolve(files));
      zip.on('error', reject);
      zip.readEntry();
      return undefined;
    });
  });
}
