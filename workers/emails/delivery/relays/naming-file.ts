/** Says of a relay of the file what is said of the one of SMTP_URL: it is mended in the file. */
export const namingFile = (sentence: string): string => sentence.replaceAll('SMTP_URL', 'SMTP_RELAYS_FILE');
