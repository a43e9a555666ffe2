/** A file in storage: its key, the name and media type it is served with, its size in bytes and SHA-256 (hex). */
export interface StoredFile {
  key: string;
  name: string;
  type: string;
  bytes: number;
  sha256: string;
}
