/** A drawing (SVG) can't be drawn, or may not be; the message is a part of a sentence: "The SVG ...". */
export class DrawingError extends Error {
  readonly code: 'image_unreadable' | 'payload_too_large';
  constructor(message: string, code: 'image_unreadable' | 'payload_too_large' = 'image_unreadable') {
    super(message);
    this.code = code;
  }
}
