/** What a report says of one recipient, as its server wrote it. */
export interface ReportedRecipient {
  /** As the mail named it (RFC 3464, Original-Recipient); null where the report does not say. */
  original: string | null;
  /** Where the mail ended up; another one than the original where it was forwarded. */
  final: string | null;
  action: 'failed' | 'delayed' | 'delivered';
  /** RFC 3463; null where there is none. */
  status: string | null;
  /** The SMTP answer, or what the server says in other words; null for nothing. */
  diagnostic: string | null;
}

/** What a returned mail is: a server's report on its delivery, a complaint of who got it, or neither. */
export interface MailReport {
  sort: 'delivery' | 'complaint' | 'other';
  recipients: ReportedRecipient[];
  /** Local parts of addresses that may be return paths, the likeliest first. */
  localParts: string[];
  /** Jobs that may have sent it, by its Message-ID. */
  jobs: string[];
}

/** A mail has 50 recipients; forwarded to lists, a report may name more. */
export const MAX_RECIPIENTS = 200;
export const MAX_DIAGNOSTIC = 1000;
