/** The SHA-256 of a content that was written in one request, in hex. */
export const SHA256_NAME = 'sha256';
/** Which write it was: a name of its own for each. */
export const WRITE_NAME = 'write';
