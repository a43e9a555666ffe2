/** Over `to`, `cc` and `bcc` together. */
export const MAX_RECIPIENTS = 50;
/** RFC 5322, 2.1.1: the longest line. */
export const MAX_SUBJECT_LENGTH = 998;
/** Characters of `text` and of `html`. */
export const MAX_BODY_LENGTH = 1_000_000;
/** Characters of `markdown`: its HTML is longer. */
export const MAX_MARKDOWN_LENGTH = 200_000;
/** `variables` as JSON. */
export const MAX_VARIABLES_BYTES = 100_000;
