/** What is said of mails that have no relay. */
export const KEPT = 'Kept in the inbox, not sent: SMTP_URL is not set';
