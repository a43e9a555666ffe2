/** A file in storage: its key, the name and media type it is served with, its size in bytes and SHA-256 (hex). */
export interface StoredFile {
  key: string;
  name: string;
  type: string;
  bytes: number;
  sha256: string;
}

/** A file that is still coming to storage, in pieces. */
export interface ComingFile {
  /** The key that it is to have. */
  key: string;
  name: string;
  /** How many bytes it is to have. */
  bytes: number;
  /** The media type that its sender says it has. */
  said?: string;
  /** The kind that it is for. */
  kind?: string;
  /** What its sender said of it, as it was said. */
  metadata?: string;
}
