/** Thrown for data that can't become a table; the message is a public sentence. */
export class BadData extends Error {}
