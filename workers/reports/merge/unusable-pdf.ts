/** Thrown for a PDF whose pages can not be taken; the message is a public sentence. */
export class UnusablePdf extends Error {}
